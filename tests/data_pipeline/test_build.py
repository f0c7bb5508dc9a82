"""Datasets made of folders of made-up files."""

import csv
import json
import re

import numpy as np
import pytest
from motion_files import MIXAMO, write_figure

from vid2pose3d.data.build import BuildSettings, build_dataset, find_files
from vid2pose3d.data.mocap import free_licences, load_mocap
from vid2pose3d.errors import InputError
from vid2pose3d.skeleton import H36M17


class Quiet:
    def __init__(self):
        self.notes = []

    def progress(self, stage, done, total):
        pass

    def note(self, text):
        self.notes.append(text)

    def warn(self, text):
        self.notes.append(text)

    def close(self):
        pass


def build(folders, out, *, labels=None, places=None, overwrite=False, reporter=None, **settings):
    folders = folders if isinstance(folders, list) else [folders]
    return build_dataset(folders, out, BuildSettings(**settings), labels=labels, places=places or {},
                         overwrite=overwrite, reporter=reporter or Quiet())


@pytest.fixture
def recordings(tmp_path):
    """Two people: ann's files at 30 and 120 fps, bob's in metres."""
    folder = tmp_path / "recordings"
    write_figure(folder / "ann" / "walk.bvh", seconds=4)
    write_figure(folder / "ann" / "fast.bvh", seconds=4, fps=120, speed=2.0)
    write_figure(folder / "bob" / "metres.bvh", seconds=2, scale=0.01)
    return folder


def test_the_dataset_is_what_training_reads(recordings, tmp_path):
    reports = build(recordings, tmp_path / "set")
    clips = {clip.id: clip for clip in load_mocap(tmp_path / "set")}
    assert set(clips) == {"walk", "fast", "metres"}
    assert [len(clips[name]) for name in ("walk", "fast", "metres")] == [121, 121, 61]
    assert {clip.fps for clip in clips.values()} == {30.0}
    assert {name: clip.subject for name, clip in clips.items()} == {"walk": "ann", "fast": "ann", "metres": "bob"}
    assert {name: clip.split for name, clip in clips.items()} == {"walk": "train", "fast": "train", "metres": "val"}
    assert {clip.label for clip in clips.values()} == {""}
    assert free_licences(list(clips.values())) == ["own"]
    for clip in clips.values():
        ankles = clip.joints[:, H36M17.indices(("left_ankle", "right_ankle")), 1].min(axis=1)
        assert np.percentile(ankles, 2) == pytest.approx(0.08, abs=0.002)
        assert clip.joints[0, 0, [0, 2]] == pytest.approx([0, 0], abs=0.001)
        thigh = np.linalg.norm(clip.joints[0, H36M17.index("left_knee")] - clip.joints[0, H36M17.index("left_hip")])
        assert thigh == pytest.approx(np.hypot(np.hypot(42, 1), 2.35) / 100, abs=0.004)
    path = clips["fast"].joints[-1, 0] - clips["fast"].joints[0, 0]
    assert path == pytest.approx([0, 0, 8.0], abs=0.01)
    notes = {report.clips[0]: report.notes for report in reports}
    assert notes["fast"] == ["resampled from 120 to 30 fps"]
    assert notes["walk"] == []
    with open(tmp_path / "set" / "index.csv", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["clip_id"] == "fast")
    assert (row["src_fps"], row["source"], row["quality"]) == ("120", "recordings", "good")
    assert float(row["height"]) == pytest.approx(1.76, abs=0.02)
    report = json.loads((tmp_path / "set" / "report.json").read_text())
    assert [entry["unit"] for entry in report["files"]] == ["centimetres", "centimetres", "metres"]


def test_another_rate_is_resampled_along_the_path(recordings, tmp_path):
    build(recordings, tmp_path / "set", fps=50)
    fast = next(clip for clip in load_mocap(tmp_path / "set") if clip.id == "fast")
    assert fast.fps == 50.0
    assert len(fast) == 201
    steps = np.diff(fast.joints[:, 0, 2])
    assert steps == pytest.approx(np.full(200, 2.0 / 50), abs=0.0011)


def write_labels(path, *rows):
    path.write_text("\n".join(rows) + "\n")
    return path


def test_labels_name_clips_or_paths(recordings, tmp_path):
    labels = write_labels(tmp_path / "labels.csv", "clip,label,action,subject,split",
                          "walk,a slow walk,walk,ann,test", 'fast,"run, fast",,cy,train')
    build(recordings, tmp_path / "set", labels=labels)
    clips = {clip.id: clip for clip in load_mocap(tmp_path / "set")}
    assert [(clips[name].label, clips[name].action, clips[name].subject, clips[name].split)
            for name in ("walk", "fast", "metres")] == [
        ("a slow walk", "walk", "ann", "test"), ("run, fast", "run, fast", "cy", "train"), ("", "", "bob", "train")]
    labels = write_labels(tmp_path / "labels.csv", "path,label", "bob/metres.bvh,walk")
    build(recordings, tmp_path / "set", labels=labels, overwrite=True)
    assert next(clip for clip in load_mocap(tmp_path / "set") if clip.id == "metres").label == "walk"


@pytest.mark.parametrize(("rows", "message"), [
    (["clip,label", "walk,x", "trot,y", "gallop,z"], "no such clip: 'trot', 'gallop'"),
    (["clip,label", "walk,x", "walk,y"], "clip 'walk' has two rows"),
    (["name,label", "walk,x"], "columns name, label"),
    (["clip,colour", "walk,x"], "it needs clip or path, and any of label"),
    (["clip,split", "walk,dev"], "split 'dev'"),
    (["clip,subject,split", "walk,ann,train", "fast,ann,val"], "subject 'ann' is in splits 'train' and 'val'"),
    (["clip,split", "walk,train", "fast,val"], "subject 'ann' is in splits"),
])
def test_labels_that_do_not_fit(recordings, tmp_path, rows, message):
    labels = write_labels(tmp_path / "labels.csv", *rows)
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        build(recordings, tmp_path / "set", labels=labels)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "set").exists()


def test_one_subject_s_last_resort_is_a_file(tmp_path):
    for number, seconds in enumerate((9, 2, 4)):
        write_figure(tmp_path / "me" / f"take{number}.bvh", seconds=seconds)
    reporter = Quiet()
    build(tmp_path / "me", tmp_path / "set", reporter=reporter)
    assert {clip.id: (clip.subject, clip.split) for clip in load_mocap(tmp_path / "set")} == {
        "take0": ("me", "train"), "take1": ("me (held out)", "val"), "take2": ("me", "train")}
    assert reporter.notes == ["one subject: its file take1 is held out for validation"]


def test_validation_subjects_can_be_named(recordings, tmp_path):
    build(recordings, tmp_path / "set", validation=("ann",))
    assert {clip.subject: clip.split for clip in load_mocap(tmp_path / "set")} == {"ann": "val", "bob": "train"}
    with pytest.raises(InputError, match="--val cy: no such subject; there are ann, bob"):
        build(recordings, tmp_path / "other", validation=("cy",))


def test_unknown_joints_stop_the_build_unless_told(recordings, tmp_path):
    strange = {place: f"Bone_{number:03d}" for number, place in enumerate(MIXAMO)}
    path = write_figure(recordings / "bob" / "strange.bvh", names=strange)
    with pytest.raises(InputError) as caught:
        build(recordings, tmp_path / "set")
    message = str(caught.value)
    assert message.startswith(f"{path}: no joint found for left_hip")
    assert "Bone_000" in message
    assert "--map" in message
    assert "\n" not in message
    assert not (tmp_path / "set").exists()

    reports = build(recordings, tmp_path / "set", skip_unknown=True)
    assert len(load_mocap(tmp_path / "set")) == 3
    assert reports[-1].problem.startswith("no joint found")

    places = {name: place for place, name in strange.items() if place != "chest"} | {strange["chest"]: "spine"}
    build(recordings, tmp_path / "set", places=places, overwrite=True)
    clips = {clip.id: clip for clip in load_mocap(tmp_path / "set")}
    np.testing.assert_allclose(clips["strange"].joints[:61], clips["walk"].joints[:61], atol=0.002)


def test_damaged_files_are_left_out_with_the_reason(recordings, tmp_path):
    (recordings / "ann" / "cut.bvh").write_text((recordings / "ann" / "walk.bvh").read_text()[:-400])
    np.savez(recordings / "flat.npz", positions=np.zeros((90, 17, 3)))
    reports = {report.path.rpartition("/")[2]: report for report in build(recordings, tmp_path / "set")}
    assert reports["cut.bvh"].problem.startswith("is not a complete BVH file")
    assert reports["flat.npz"].problem == "all joints lie in one place"
    assert len(load_mocap(tmp_path / "set")) == 3


def test_a_folder_with_nothing_usable(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("later")
    with pytest.raises(InputError, match="holds no motion file"):
        build(tmp_path / "empty", tmp_path / "set")
    (tmp_path / "empty" / "a.bvh").write_text("HIERARCHY")
    with pytest.raises(InputError, match="nothing usable in 1 files.*a.bvh: .*hierarchy"):
        build(tmp_path / "empty", tmp_path / "set")
    with pytest.raises(InputError, match="does not exist"):
        build(tmp_path / "none", tmp_path / "set")
    assert not (tmp_path / "set").exists()


def test_a_frozen_half_makes_two_clips(tmp_path):
    still = np.zeros(361)
    swing = np.sin(np.arange(361) / 5.0) * 20
    swing[120:240] = swing[120]
    path = np.minimum(np.arange(361), 120) + np.maximum(np.arange(361) - 239, 0)
    places = np.stack([still, still + 95, path], axis=-1)
    turns = {"left_shoulder": np.stack([still, still, -70 + swing], axis=-1)}
    turns |= {place: np.zeros((361, 3)) for place in ("left_hip", "right_hip", "left_knee", "right_knee",
                                                      "right_shoulder")}
    write_figure(tmp_path / "me" / "a.bvh", seconds=12, turns=turns, places=places)
    report, = build(tmp_path / "me", tmp_path / "set")
    assert report.clips == ["a_part1", "a_part2"]
    assert "dropped: frozen" in report.notes[0]
    assert [len(clip) for clip in load_mocap(tmp_path / "set")] == [121, 121]


def test_files_of_one_name_keep_apart(tmp_path):
    for name in ("one/take.bvh", "two/take.bvh", "two/other.bvh"):
        write_figure(tmp_path / "in" / name)
    files = find_files([tmp_path / "in", tmp_path / "in" / "one"], tmp_path / "set")
    assert {name: file.subject for name, file in files.items()} == {
        "one_take.bvh": "one", "other": "two", "two_take.bvh": "two"}


def test_existing_datasets_and_interrupts(recordings, tmp_path):
    build(recordings, tmp_path / "set")
    before = {path.name: path.read_bytes() for path in (tmp_path / "set").iterdir()}
    assert set(before) == {"mocap17.npz", "index.csv", "report.json"}
    with pytest.raises(InputError, match="--overwrite"):
        build(recordings, tmp_path / "set")

    class Interrupted(Quiet):
        def progress(self, stage, done, total):
            if done == 2:
                raise KeyboardInterrupt

    for out in ("set", "new"):
        with pytest.raises(KeyboardInterrupt):
            build(recordings, tmp_path / out, overwrite=True, reporter=Interrupted())
    assert not (tmp_path / "new").exists()
    assert {path.name: path.read_bytes() for path in (tmp_path / "set").iterdir()} == before


@pytest.mark.parametrize("waist", ["ASI PSI", "FWT BWT"])
def test_plug_in_gait_markers_become_joints(tmp_path, waist):
    ezc3d = pytest.importorskip("ezc3d")
    front, back = waist.split()
    time = np.arange(120) / 60
    markers = {"C7": (0, 1460, -60), "CLAV": (0, 1400, 60)}
    for letter, sign in (("L", 1), ("R", -1)):
        markers |= {letter + name: (sign * x, y, z) for name, (x, y, z) in {
            front: (125, 1000, 90), back: (50, 1010, -80), "KNE": (145, 500, 10), "ANK": (130, 90, 0),
            "TOE": (120, 40, 180), "SHO": (180, 1450, 0), "ELB": (280, 1150, 0), "WRA": (290, 900, 50),
            "WRB": (290, 900, 0), "FHD": (70, 1650, 80), "BHD": (70, 1650, -80)}.items()}
    walk = np.stack([0 * time, 5 * np.sin(3 * time), 1000 * time], axis=-1)
    points = np.ones((4, len(markers), 120))
    points[:3] = np.array([np.array(place) + walk for place in markers.values()]).transpose(2, 0, 1)
    file = ezc3d.c3d()
    file["parameters"]["POINT"]["UNITS"]["value"], file["parameters"]["POINT"]["RATE"]["value"] = ["mm"], [60]
    file["parameters"]["POINT"]["LABELS"]["value"] = [f"Ann:{name}" for name in markers]
    file["data"]["points"] = points
    (tmp_path / "in").mkdir()
    file.write(str(tmp_path / "in" / "walk.c3d"))
    report, = build(tmp_path / "in", tmp_path / "set")
    assert "plug-in-gait" in report.notes[0]
    clip, = load_mocap(tmp_path / "set")
    pose = dict(zip(H36M17.joints, 1000 * clip.joints[0], strict=True))
    pelvis_width, depth = 250, 170
    assert pose["pelvis"][1] - pose["left_ankle"][1] == pytest.approx(1000 - 0.3 * pelvis_width - 10.9 - 90, abs=15)
    assert pose["left_knee"][0] == pytest.approx(90, abs=2)
    assert pose["right_ankle"][0] == pytest.approx(-90, abs=2)
    assert pose["left_hip"][0] == pytest.approx(0.33 * pelvis_width + 7.3, abs=30)
    assert (pose["left_ankle"] - pose["pelvis"])[2] == pytest.approx(-(90 - 0.24 * depth - 9.9), abs=15)
    assert pose["left_wrist"] - pose["left_elbow"] == pytest.approx([55, -250, 25], abs=3)
    assert pose["neck_nose"][2] > pose["thorax"][2] + 30
    assert pose["head"][1] > pose["neck_nose"][1] + 80


@pytest.mark.parametrize(("settings", "word"), [({"fps": 0.5}, "--fps 0.5"), ({"license": " "}, "--license")])
def test_bad_settings(recordings, tmp_path, settings, word):
    with pytest.raises(InputError, match=word):
        build(recordings, tmp_path / "set", **settings)
