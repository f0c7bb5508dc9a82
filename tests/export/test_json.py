"""The result file: its schema, what comes back, and what is refused."""

import json
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from scipy.spatial.transform import Rotation

import vid2pose3d.export
from vid2pose3d.errors import InputError
from vid2pose3d.export import read_json, write_json
from vid2pose3d.motion import Camera, CameraPath, Clip, Recording
from vid2pose3d.skeleton import H36M17


@pytest.fixture
def recording(pose, motion_of) -> Recording:
    """Two people, the second with a hole and with what is unknown."""
    rng = np.random.default_rng(0)
    first, second = (motion_of(pose() + rng.normal(0, 1, (count, 17, 3))) for count in (5, 3))
    person = replace(second.person, id=12, frames=np.array([2, 3, 9]), times=np.array([0.0667, 0.1, 0.300001]))
    person.xy[1, 4] = np.nan
    person.confidence[1, 4] = 0
    person.bbox[2] = np.nan
    second.joints_world[0, 16] = np.nan
    second = replace(second, person=person, uncertainty=rng.uniform(0, 0.3, (3, 17)),
                     uncertainty_kind="radius80")
    clip = Clip(Path("/films/Übung 1.mp4"), 640, 480, 30000 / 1001, 10, 0.333667, 270)
    camera = Camera(np.array([[768.0, 0, 320], [0, 768, 240], [0, 0, 1]]), True, np.diag([1.0, -1, -1, 1]))
    settings = {"seed": 3, "weights": {"name": "small", "sha256": "ab" * 32}, "start": None}
    return Recording(clip, "walking", settings, camera, [first, second], {"detect": 1.23456, "lift": 0.5})


def load(path):
    def refuse(token):
        raise AssertionError(f"{token} in the file")

    return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)


def schema():
    return json.loads((resources.files(vid2pose3d.export) / "vid2pose3d-1.schema.json").read_text(encoding="utf-8"))


def test_the_file_keeps_the_schema(tmp_path, recording):
    write_json(tmp_path / "a.json", recording)
    Draft202012Validator.check_schema(schema())
    Draft202012Validator(schema()).validate(load(tmp_path / "a.json"))


def test_the_file_says_what_was_recorded(tmp_path, recording):
    write_json(tmp_path / "a.json", recording)
    document = load(tmp_path / "a.json")
    assert document["video"] == {"name": "Übung 1.mp4", "width": 640, "height": 480, "fps": 30000 / 1001, "frames": 10,
                                 "duration": 0.333667, "rotation": 270}
    assert document["skeleton"]["joints"][:4] == ["pelvis", "right_hip", "right_knee", "right_ankle"]
    assert document["skeleton"]["parents"] == [-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15]
    assert document["camera"]["assumed"] is True
    assert document["timing"] == {"detect": 1.235, "lift": 0.5}
    second = document["people"][1]
    assert (second["id"], second["frames"], second["times"]) == (12, [2, 3, 9], [0.0667, 0.1, 0.300001])
    assert second["keypoints_2d"][1][4] == [None, None, 0.0]
    assert second["bbox"][2] == [None] * 4
    assert second["joints_world"][0][16] == [None] * 3
    x, y, confidence = document["people"][0]["keypoints_2d"][0][0]
    track = recording.people[0].person
    assert [x, y] == [round(value, 2) for value in track.xy[0, 0].tolist()]
    assert confidence == round(track.confidence[0, 0].item(), 3)


def test_the_error_of_an_estimated_focal_length_comes_back(tmp_path, recording):
    for error in (None, 0.17):
        camera = replace(recording.camera, focal_error=error)
        write_json(tmp_path / "a.json", replace(recording, camera=camera))
        assert load(tmp_path / "a.json")["camera"]["focal_error"] == error
        assert read_json(tmp_path / "a.json").camera.focal_error == error


def test_statures_come_back_and_may_be_absent(tmp_path, recording):
    recording.people[1].stature, recording.people[1].stature_given = 1.78, True
    write_json(tmp_path / "a.json", recording)
    document = load(tmp_path / "a.json")
    assert [(person["stature"], person["stature_given"]) for person in document["people"]] == [
        (None, False), (1.78, True)]
    assert [(person.stature, person.stature_given) for person in read_json(tmp_path / "a.json").people] == [
        (None, False), (1.78, True)]
    for person in document["people"]:
        del person["stature"], person["stature_given"]
    (tmp_path / "older.json").write_text(json.dumps(document))
    assert [person.stature for person in read_json(tmp_path / "older.json").people] == [None, None]


def test_repaired_joints_come_back_and_may_be_unknown(tmp_path, recording):
    marks = np.zeros((3, 17), dtype=bool)
    marks[1, 13] = marks[2, 3] = marks[2, 13] = True
    recording.people[1] = replace(recording.people[1], repaired=marks)
    write_json(tmp_path / "a.json", recording)
    document = load(tmp_path / "a.json")
    assert document["people"][0]["repaired"] is None
    assert document["people"][1]["repaired"] == [[3, 13], [9, 3], [9, 13]]
    first, second = read_json(tmp_path / "a.json").people
    assert first.repaired is None
    assert np.array_equal(second.repaired, marks)


@pytest.mark.parametrize("wrong", [[[4, 0]], [[3, 17]], [[3, -1]], [[3]]])
def test_repaired_joints_that_are_not_there_are_refused(tmp_path, recording, wrong):
    write_json(tmp_path / "a.json", recording)
    document = load(tmp_path / "a.json")
    document["people"][1]["repaired"] = wrong
    (tmp_path / "b.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(InputError, match="repaired"):
        read_json(tmp_path / "b.json")


def test_uncertainty_comes_back_and_may_be_absent(tmp_path, recording):
    write_json(tmp_path / "a.json", recording)
    document = load(tmp_path / "a.json")
    assert document["people"][0]["uncertainty"] is document["people"][0]["uncertainty_kind"] is None
    assert document["people"][1]["uncertainty_kind"] == "radius80"
    first, second = read_json(tmp_path / "a.json").people
    assert first.uncertainty is None
    np.testing.assert_allclose(second.uncertainty, recording.people[1].uncertainty, atol=5.1e-5)
    assert (first.uncertainty_kind, second.uncertainty_kind) == (None, "radius80")
    for person in document["people"]:
        del person["uncertainty_kind"]
    (tmp_path / "older.json").write_text(json.dumps(document), encoding="utf-8")
    assert [person.uncertainty_kind for person in read_json(tmp_path / "older.json").people] == [None, "spread"]
    for person in document["people"]:
        del person["uncertainty"]
    (tmp_path / "older.json").write_text(json.dumps(document), encoding="utf-8")
    assert read_json(tmp_path / "older.json").people[1].uncertainty is None


def test_negative_uncertainty_is_refused(tmp_path, recording):
    recording.people[1].uncertainty[2, 3] = -0.5
    write_json(tmp_path / "a.json", recording)
    with pytest.raises(InputError, match="person 12: uncertainty"):
        read_json(tmp_path / "a.json")


def test_what_is_read_is_what_was_written(tmp_path, recording):
    write_json(tmp_path / "a.json", recording)
    back = read_json(tmp_path / "a.json")
    assert back.clip == replace(recording.clip, path=Path("Übung 1.mp4"))
    assert (back.action, back.settings) == (recording.action, recording.settings)
    assert np.array_equal(back.camera.world_from_camera, recording.camera.world_from_camera)
    assert np.array_equal(back.camera.intrinsics, recording.camera.intrinsics)
    for found, wanted in zip(back.people, recording.people, strict=True):
        assert found.person.id == wanted.person.id
        assert found.person.joint_set is H36M17
        assert np.array_equal(found.person.frames, wanted.person.frames)
        assert np.array_equal(found.person.interpolated, wanted.person.interpolated)
        for name, within in (("times", 5.1e-7), ("xy", 5.1e-3), ("bbox", 5.1e-3), ("confidence", 5.1e-4)):
            np.testing.assert_allclose(getattr(found.person, name), getattr(wanted.person, name), atol=within, rtol=0)
        for name, within in (("joints_camera", 5.1e-5), ("joints_world", 5.1e-5), ("confidence", 5.1e-4)):
            np.testing.assert_allclose(getattr(found, name), getattr(wanted, name), atol=within, rtol=0)


def moving(recording):
    ways = np.tile(np.eye(4), (4, 1, 1))
    ways[:, :3, :3] = Rotation.from_euler("y", [[0.0], [1.0], [2.0], [4.0]], degrees=True).as_matrix()
    ways[:, :3, 3] = np.arange(12).reshape(4, 3) / 7
    path = CameraPath(np.array([2, 3, 4, 9]), ways)
    return replace(recording, camera=replace(recording.camera, motion="moving", path=path))


def test_a_moving_camera_comes_back(tmp_path, recording):
    write_json(tmp_path / "a.json", moving(recording))
    Draft202012Validator(schema()).validate(load(tmp_path / "a.json"))
    camera, wanted = read_json(tmp_path / "a.json").camera, moving(recording).camera
    assert camera.motion == "moving"
    assert np.array_equal(camera.path.frames, wanted.path.frames)
    np.testing.assert_allclose(camera.path.world_from_camera, wanted.path.world_from_camera, atol=5.1e-8, rtol=0)
    np.testing.assert_array_equal(camera.path.at(np.array([3, 9])), camera.path.world_from_camera[[1, 3]])


def test_older_files_say_nothing_of_motion(tmp_path, recording):
    write_json(tmp_path / "a.json", recording)
    document = load(tmp_path / "a.json")
    del document["camera"]["motion"], document["camera"]["path"]
    (tmp_path / "a.json").write_text(json.dumps(document), encoding="utf-8")
    camera = read_json(tmp_path / "a.json").camera
    assert (camera.motion, camera.path) == (None, None)


@pytest.mark.parametrize(("key", "value", "says"), [
    ("frames", [2, 3, 3, 9], "camera.path.frames must increase"),
    ("frames", [2, 3], "camera.path.world_from_camera has shape"),
    ("world_from_camera", [[[1, 0], [0, 1]]] * 4, "camera.path.world_from_camera.0"),
    ("frames", [], "camera.path.frames"),
])
def test_a_damaged_path_is_refused(tmp_path, recording, key, value, says):
    write_json(tmp_path / "a.json", moving(recording))
    document = load(tmp_path / "a.json")
    document["camera"]["path"][key] = value
    (tmp_path / "a.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_json(tmp_path / "a.json")
    assert says in str(caught.value)


def test_a_second_writing_changes_nothing(tmp_path, recording):
    write_json(tmp_path / "a.json", recording)
    back = read_json(tmp_path / "a.json")
    write_json(tmp_path / "b.json", back)
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_nobody_and_no_action(tmp_path, recording):
    write_json(tmp_path / "a.json", replace(recording, people=[], action=None))
    Draft202012Validator(schema()).validate(load(tmp_path / "a.json"))
    back = read_json(tmp_path / "a.json")
    assert (back.people, back.action) == ([], None)


def test_a_failed_writing_leaves_the_old_file(tmp_path, recording):
    write_json(tmp_path / "a.json", recording)
    before = (tmp_path / "a.json").read_bytes()
    with pytest.raises(ValueError):
        write_json(tmp_path / "a.json", replace(recording, settings={"seed": float("nan")}))
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert (tmp_path / "a.json").read_bytes() == before


def spoil(**changes):
    def change(document):
        document.update(changes)

    return change


def spoil_person(key, value):
    def change(document):
        document["people"][1][key] = value

    return change


def drop(document):
    del document["people"][0]["joints_world"]


def swap_joints(document):
    names = document["skeleton"]["joints"]
    names[1], names[4] = names[4], names[1]


def shorten(document):
    document["people"][1]["joints_camera"].pop()


def ragged(document):
    document["people"][1]["joints_camera"][2].pop()


@pytest.mark.parametrize(("change", "says"), [
    (spoil(schema="vid2pose3d/2"), "'vid2pose3d/2', expected 'vid2pose3d/1'"),
    (spoil(schema="vid2pose3d-keypoints/1"), "not a vid2pose3d result"),
    (spoil(camera={"K": [[1]], "assumed": True}), "camera"),
    (spoil(people={}), "people"),
    (drop, "people.0: 'joints_world' is a required property"),
    (swap_joints, "skeleton"),
    (shorten, "person 12: joints_camera has shape"),
    (ragged, "person 12: joints_camera"),
    (spoil_person("frames", [2, 3, 3]), "person 12: frames must increase"),
    (spoil_person("times", [0.1, 0.2]), "person 12: times has shape"),
    (spoil_person("confidence", [[0.5] * 17, [0.5] * 17, [1.5] * 17]), "person 12: confidence holds 1.5"),
    (spoil_person("interpolated", [True, False, None]), "person 12: interpolated holds null"),
])
def test_a_damaged_result_is_refused(tmp_path, recording, change, says):
    path = tmp_path / "a.json"
    write_json(path, recording)
    document = load(path)
    change(document)
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_json(path)
    assert str(path) in str(caught.value)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("content", "says"), [
    (b"", "not a vid2pose3d result"), (b"hello", "not a vid2pose3d result"), (b"[1, 2]", "names no schema"),
    (b'{"schema": "vid2pose3d/1", "video": NaN}', "NaN is not JSON"), (b"\xff\xfe\x00", "not text"),
])
def test_a_file_of_another_kind_is_refused(tmp_path, content, says):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(InputError, match=says):
        read_json(tmp_path / "a.json")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match="nowhere.json"):
        read_json(tmp_path / "nowhere.json")
