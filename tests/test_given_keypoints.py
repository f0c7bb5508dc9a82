"""Keypoints of other programs as input: their clip, their identities, and what is refused."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vid2pose3d.errors import InputError
from vid2pose3d.given_keypoints import given_people
from vid2pose3d.motion import Detections
from vid2pose3d.settings import Settings
from vid2pose3d.video import VideoWriter

SAMPLES = Path(__file__).resolve().parent / "data" / "keypoints"
SIZE = {"size": (640, 480), "fps": 25.0}


class Listener:
    """Keeps what is said."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.warnings: list[str] = []

    def progress(self, stage: str, done: int, total: int | None) -> None:
        pass

    def note(self, text: str) -> None:
        self.notes.append(text)

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def close(self) -> None:
        pass


def given(path: Path, video: Path | None = None, listener: Listener | None = None, **known: Any) -> Detections:
    return given_people(video, Settings(keypoints=path, **known), listener or Listener())


def write(folder: Path, value: Any) -> Path:
    (folder / "keypoints.json").write_text(json.dumps(value))
    return folder / "keypoints.json"


def person(x: float, *, count: int = 17) -> list[float]:
    """Flat COCO joints of a figure 300 pixels tall whose middle is at x."""
    places = [(0, 15), (3, 12), (-3, 12), (7, 13), (-7, 13), (18, 32), (-18, 32), (25, 60), (-25, 60), (28, 85),
              (-28, 85), (10, 85), (-10, 85), (11, 125), (-11, 125), (12, 165), (-12, 165)]
    return [value for dx, y in places[:count] for value in (x + 2 * dx, 80.0 + 2 * y, 0.9)]


def results(frames: list[int], x: float = 300.0) -> list[dict[str, Any]]:
    return [{"image_id": frame, "category_id": 1, "keypoints": person(x + 2 * frame), "score": 0.9} for frame in frames]


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three grey frames of 640 x 480, a tenth of a second apart."""
    path = tmp_path_factory.mktemp("clip") / "walk.mp4"
    with VideoWriter(path, width=640, height=480, fps=10.0) as writer:
        for number in range(3):
            writer.write(np.full((480, 640, 3), 128, np.uint8), number / 10)
    return path


@pytest.mark.parametrize(("name", "ids"), [
    ("coco_annotations.json", [3, 7]), ("alphapose_halpe26.json", [3, 7]), ("mmpose_demo.json", [3, 7]),
    ("sports2d", [0, 1]),
])
def test_identities_of_the_file_are_kept(name: str, ids: list[int]) -> None:
    known = {"fps": 25.0} if name.startswith("coco") else {"size": (640, 480)} if name == "sports2d" else SIZE
    found = given(SAMPLES / name, **known)
    assert [one.id for one in found.people] == ids
    assert [one.frames.tolist() for one in found.people] == [[0, 1, 2], [0, 2]]
    np.testing.assert_allclose(found.people[1].times, [0, 2 / 25])
    assert (found.clip.width, found.clip.height, found.clip.fps, found.clip.frames) == (640, 480, 25.0, 3)


@pytest.mark.parametrize("name", ["openpose_body25", "openpose_coco", "mmpose_video.json", "mmpose_images",
                                  "coco_results.json", "alphapose_coco.json", "mediapipe.json", "detectron.npz"])
def test_people_without_identities_are_tracked(name: str, video: Path) -> None:
    listener = Listener()
    found = given(SAMPLES / name, video, listener)
    assert [one.id for one in found.people] == [1, 2]
    assert [one.frames.tolist() for one in found.people] == [[0, 1, 2], [0, 1, 2]]
    assert [one.interpolated.tolist() for one in found.people] == [[False] * 3, [False, True, False]]
    hips = [one.xy[2, one.joint_set.index("left_hip")].tolist() for one in found.people]
    np.testing.assert_allclose(hips, [[228, 250], [446, 250]], atol=0.002)
    np.testing.assert_allclose(found.people[0].times, [0, 0.1, 0.2], atol=1e-6)
    assert "5 of 5 detections belong to 2 people" in listener.notes[-1]


def test_the_format_is_said(video: Path) -> None:
    listener = Listener()
    found = given(SAMPLES / "openpose_body25", video, listener)
    assert found.detector == "openpose"
    assert "OpenPose frames (openpose), body25 joints" in listener.notes[0]


def test_a_clip_that_nobody_describes_is_asked_for() -> None:
    with pytest.raises(InputError, match="give the video, or --size WIDTHxHEIGHT and --fps N"):
        given(SAMPLES / "openpose_body25")
    with pytest.raises(InputError, match="give the video, or --fps N$"):
        given(SAMPLES / "coco_annotations.json")


@pytest.mark.parametrize(("known", "says"), [
    ({"size": (320, 240), "fps": 25.0}, "--size 320x240: .* says 640x480"),
    ({"from_joints": "body25"}, "has 25 joints"),
    ({"from_format": "openpose"}, "looks like coco"), ({"from_format": "abacus"}, "known are vid2pose3d, mmpose"),
    ({"from_joints": "ape12"}, "known are h36m17"),
])
def test_options_that_contradict_the_file(known: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        given(SAMPLES / "coco_annotations.json", **{"fps": 25.0, **known})


def test_a_video_of_another_size(tmp_path: Path, video: Path) -> None:
    document = json.loads((SAMPLES / "coco_annotations.json").read_text())
    for image in document["images"]:
        image["width"] = 1280
    with pytest.raises(InputError, match="1280 x 480.*640 x 480"):
        given(write(tmp_path, document), video)
    document["images"][0]["width"] = 640
    with pytest.raises(InputError, match="1280 x 480 and 640 x 480"):
        given(write(tmp_path, document), video)


@pytest.mark.parametrize(("lowest", "frames"), [(1, [0, 1, 2]), (100, [0, 1, 2])])
def test_an_entry_for_every_frame_fixes_the_first(tmp_path: Path, video: Path, lowest: int, frames: list[int]) -> None:
    found = given(write(tmp_path, results([lowest, lowest + 1, lowest + 2], x=100)), video)
    assert found.people[0].frames.tolist() == frames


def test_frames_beyond_the_clip(tmp_path: Path, video: Path) -> None:
    with pytest.raises(InputError, match="frame number 9, but the clip has 3 frames"):
        given(write(tmp_path, results([0, 1, 9])), video)


def test_order_of_the_frames_does_not_matter(tmp_path: Path) -> None:
    entries = results(list(range(20)))
    straight = given(write(tmp_path, entries), **SIZE)
    mixed = given(write(tmp_path, [entries[i] for i in np.random.default_rng(0).permutation(20)]), **SIZE)
    np.testing.assert_array_equal(straight.people[0].xy, mixed.people[0].xy)
    assert mixed.people[0].frames.tolist() == list(range(20))


def test_missing_frames_stay_holes_or_are_bridged(tmp_path: Path) -> None:
    with_ids = [{**entry, "track_id": 4} for entry in results([0, 1, 2, 3, 7, 8, 9])]
    (one,) = given(write(tmp_path, with_ids), **SIZE).people
    assert one.frames.tolist() == [0, 1, 2, 3, 7, 8, 9]
    (one,) = given(write(tmp_path, results([0, 1, 2, 3, 7, 8, 9])), **SIZE).people
    assert one.frames.tolist() == list(range(10))
    assert np.flatnonzero(one.interpolated).tolist() == [4, 5, 6]


def test_times_of_the_file_are_kept_and_continued(tmp_path: Path) -> None:
    document = json.loads((SAMPLES / "coco_annotations.json").read_text())
    for image, time in zip(document["images"], (0.5, 0.6, 0.62), strict=True):
        image["time"] = time
    assert given(write(tmp_path, document), fps=10.0).people[0].times.tolist() == pytest.approx([0.5, 0.6, 0.62])
    del document["images"][0]["time"]
    assert given(write(tmp_path, document), fps=10.0).people[0].times.tolist() == pytest.approx([0.5, 0.6, 0.62])
    document["images"][2]["time"] = 0.6
    with pytest.raises(InputError, match="time of frame 2 is not after"):
        given(write(tmp_path, document), fps=10.0)


def test_nan_null_infinity_and_zero_are_unknown(tmp_path: Path) -> None:
    entries = [{**entry, "track_id": 4} for entry in results([0, 1])]
    for joint, value in ((0, float("nan")), (1, None), (2, float("inf"))):
        entries[0]["keypoints"][3 * joint] = value
    entries[0]["keypoints"][9:12] = [0, 0, 0.7]
    (one,) = given(write(tmp_path, entries), **SIZE).people
    assert np.isnan(one.xy[0, :4]).all()
    assert (one.confidence[0, :4] == 0).all()
    assert np.isfinite(one.xy[0, 4:]).all()
    assert np.isfinite(one.bbox).all()


@pytest.mark.parametrize(("change", "says"), [
    (lambda entries: entries[0].update(keypoints=[1.0] * 42), "a person of 17 joints, others have 14"),
    (lambda entries: [entry.update(keypoints=[1.0] * 42) for entry in entries], "14 joints are no known set"),
    (lambda entries: [entry.update(keypoints=[100.0] * 45) for entry in entries], "OpenPose's MPI model"),
    (lambda entries: [entry.update(keypoints=[100.0] * 399) for entry in entries], "COCO-WholeBody"),
    (lambda entries: entries[0].update(keypoints=[1.0] * 50), "not x, y, confidence"),
    (lambda entries: entries[0].update(keypoints=["a"] * 51), "not an even list of numbers"),
    (lambda entries: entries[0].update(image_id=1.5), "image_id is 1.5"),
    (lambda entries: entries[0].update(image_id=-3), "frame number -3"),
    (lambda entries: [entry.update(keypoints=[v / 640 if i % 3 < 2 else v for i, v in enumerate(entry["keypoints"])])
                      for entry in entries], "shares of the picture"),
    (lambda entries: [entry.update(keypoints=[5 * v if i % 3 < 2 else v for i, v in enumerate(entry["keypoints"])])
                      for entry in entries], "lie outside the picture of 640 x 480"),
    (lambda entries: [entry.update(image_id="a") for entry in entries], "'a' holds no frame number"),
])
def test_damaged_entries(tmp_path: Path, change: Any, says: str) -> None:
    entries = results([0, 1, 2])
    change(entries)
    with pytest.raises(InputError, match=says):
        given(write(tmp_path, entries), **SIZE)


def test_a_joint_far_outside_is_not_seen(tmp_path: Path) -> None:
    entries = [{**entry, "track_id": 4} for entry in results([0, 1])]
    entries[0]["keypoints"][27:29] = [40_000, 200]
    listener = Listener()
    (one,) = given(write(tmp_path, entries), None, listener, **SIZE).people
    assert np.isnan(one.xy[0, 9]).all()
    assert one.confidence[0, 9] == 0
    assert "1 joints lie far outside" in listener.warnings[0]


def test_ids_that_repeat_within_a_frame_are_no_identities(tmp_path: Path) -> None:
    entries = [{**entry, "track_id": 4} for x in (150, 450) for entry in results(list(range(6)), x)]
    listener = Listener()
    found = given(write(tmp_path, entries), None, listener, **SIZE)
    assert len(found.people) == 2
    assert "ids do not tell people apart" in " ".join(listener.notes)
    assert [np.ptp(one.xy[:, 0, 0]) for one in found.people] == [10, 10]


def test_17_joints_of_another_set_are_noticed(tmp_path: Path, shared: Path) -> None:
    with np.load(shared / "clips" / "rendered" / "walk_static" / "gt.npz") as truth:
        pose = truth["h36m17_px"][0, :10]
    keypoints = np.concatenate([pose, np.ones((10, 17, 1))], axis=-1)
    entries = [{"image_id": i, "category_id": 1, "keypoints": row.ravel().tolist(), "score": 0.9}
               for i, row in enumerate(keypoints)]
    with pytest.raises(InputError, match="do not look like coco17, but like h36m17; say .* --from-joints"):
        given(write(tmp_path, entries), **SIZE)
    (one,) = given(write(tmp_path, entries), from_joints="h36m17", **SIZE).people
    np.testing.assert_allclose(one.xy, pose, atol=1e-4)


def test_a_face_alone_is_called_a_guess(tmp_path: Path) -> None:
    entries = [{**entry, "track_id": 4} for entry in results([0, 1])]
    for entry in entries:
        entry["keypoints"][15:] = [0] * 36
    listener = Listener()
    given(write(tmp_path, entries), None, listener, **SIZE)
    assert "joints of person 4 were not seen" in listener.warnings[0]


@pytest.mark.parametrize("lost", [[13, 14, 15, 16], [0, 1, 2, 3, 4, 7, 9]])
def test_a_part_of_a_body_is_not_taken_for_another_set(tmp_path: Path, lost: list[int]) -> None:
    entries = [{**entry, "track_id": 4} for entry in results([0, 1])]
    for entry in entries:
        for joint in lost:
            entry["keypoints"][3 * joint:3 * joint + 3] = [0, 0, 0]
    (one,) = given(write(tmp_path, entries), **SIZE).people
    assert np.isnan(one.xy[:, lost]).all()
    assert np.isfinite(np.delete(one.xy, lost, axis=1)).all()


@pytest.mark.parametrize(("name", "says"), [
    ("alphapose_halpe136.json", "Halpe-136"), ("sports2d/walk_Sports2D_m_person00.trc", "metres"),
])
def test_what_cannot_be_lifted(name: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        given(SAMPLES / name, **SIZE)


def test_3d_files_are_refused(tmp_path: Path) -> None:
    text = (SAMPLES / "sports2d" / "walk_Sports2D_px_person00.trc").read_text()
    (tmp_path / "walk.trc").write_text(text.replace("\t0.0\t", "\t1.5\t"))
    with pytest.raises(InputError, match="3D"):
        given(tmp_path / "walk.trc", **SIZE)


@pytest.mark.parametrize(("content", "says"), [
    ("", "is empty"), ("[]", "holds nobody"), ("{}", "holds nobody"), ("[1, 2]", "no known format"), ("{", "not JSON"),
    ("hello", "neither JSON"), ('{"schema": "other/1"}', "its schema is"), ('[{"image_id": 1}]', "no known format"),
])
def test_files_that_are_not_keypoints(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "k.json").write_text(content)
    with pytest.raises(InputError, match=says):
        given(tmp_path / "k.json", **SIZE)


def test_folders_that_are_not_keypoints(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no .json"):
        given(tmp_path, **SIZE)
    (tmp_path / "cam01_json").mkdir()
    with pytest.raises(InputError, match="holds folders: give one of cam01_json"):
        given(tmp_path, **SIZE)
    shutil.copytree(SAMPLES / "openpose_body25", tmp_path, dirs_exist_ok=True)
    shutil.copy(SAMPLES / "coco_results.json", tmp_path / "walk_000000000003_keypoints.json")
    with pytest.raises(InputError, match="walk_000000000003_keypoints.json is not a frame of OpenPose"):
        given(tmp_path, **SIZE)
    shutil.copy(SAMPLES / "detectron.npz", tmp_path)
    with pytest.raises(InputError, match=r"several kinds \(.json, .npz\)"):
        given(tmp_path, **SIZE)


def test_results_with_marks_of_two_formats(tmp_path: Path) -> None:
    entries = [{**entry, "idx": 4} for entry in results(list(range(5)))]
    with pytest.raises(InputError, match="could be coco or alphapose; say which with --from-format"):
        given(write(tmp_path, entries), **SIZE)
    for name, number in (("coco", 1), ("alphapose", 4)):
        (one,) = given(write(tmp_path, entries), from_format=name, **SIZE).people
        assert (one.id, one.frames.tolist()) == (number, list(range(5)))


def test_results_of_older_alphapose_are_recognised_by_their_picture_names(tmp_path: Path) -> None:
    entries = [{**entry, "image_id": f"{entry['image_id']}.jpg"} for entry in results(list(range(5, 25)))]
    found = given(write(tmp_path, entries), **SIZE)
    assert found.detector == "alphapose"
    assert found.people[0].frames.tolist() == list(range(5, 25))


def test_frames_without_anybody(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"clip_{number:012d}_keypoints.json").write_text('{"version": 1.3, "people": []}')
    listener = Listener()
    found = given(tmp_path, None, listener, **SIZE)
    assert (found.people, found.clip.frames) == ([], 3)
    assert "nobody" in listener.warnings[0]


def test_a_pickle_that_asks_for_more_than_arrays_is_refused(tmp_path: Path) -> None:
    holder = np.empty((), dtype=object)
    holder[()] = Path("x")
    np.savez(tmp_path / "k.npz", positions_2d=holder, metadata=holder)
    with pytest.raises(InputError, match="which only code could need"):
        given(tmp_path / "k.npz", **SIZE)


def test_a_long_clip(tmp_path: Path) -> None:
    entries = [{**entry, "track_id": 1} for entry in results(list(range(20_000)), x=0)]
    for entry in entries:
        entry["keypoints"] = person(300 + 0.01 * entry["image_id"])
    (one,) = given(write(tmp_path, entries), **SIZE).people
    assert len(one) == 20_000
    np.testing.assert_allclose(one.xy[[0, -1], 0, 0], [300, 300 + 0.01 * 19_999])
