"""The keypoint file: what is written comes back, and what is refused."""

import json
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator

import vid2pose3d.detect
from vid2pose3d.detect.files import read_keypoints
from vid2pose3d.errors import InputError
from vid2pose3d.export import write_keypoints
from vid2pose3d.motion import Clip, Person2D
from vid2pose3d.skeleton import BLAZEPOSE33, COCO17

CLIP = Clip(Path("street.mp4"), 1080, 1920, 29.97, 40, 1.334668, 90)


def track(number, joint_set, count):
    rng = np.random.default_rng(number)
    person = Person2D(
        id=number, joint_set=joint_set, frames=np.arange(count) * 2, times=np.arange(count) / 15 + 0.5,
        xy=rng.uniform(-50, 2000, (count, len(joint_set), 2)).round(2),
        confidence=rng.uniform(0, 1, (count, len(joint_set))).round(3),
        bbox=rng.uniform(0, 2000, (count, 4)).round(2), interpolated=rng.uniform(size=count) < 0.5,
    )
    person.times = person.times.round(6)
    person.xy[0, 3] = np.nan
    person.confidence[0, 3] = 0
    return person


@pytest.fixture
def path(tmp_path) -> Path:
    write_keypoints(tmp_path / "k.json", CLIP, "blazepose", [track(1, BLAZEPOSE33, 7), track(2, COCO17, 1)])
    return tmp_path / "k.json"


def test_round_trip_loses_nothing(path):
    clip, detector, people = read_keypoints(path)
    assert (clip, detector) == (CLIP, "blazepose")
    for found, wanted in zip(people, [track(1, BLAZEPOSE33, 7), track(2, COCO17, 1)], strict=True):
        assert (found.id, found.joint_set) == (wanted.id, wanted.joint_set)
        for name in ("frames", "times", "xy", "confidence", "bbox", "interpolated"):
            np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))
        assert found.frames.dtype.kind == "i"
        assert found.interpolated.dtype == bool


def test_rounding_is_no_coarser_than_declared(tmp_path):
    person = track(1, COCO17, 4)
    person = replace(person, xy=person.xy + 0.00437, times=person.times + 4.4e-7)
    write_keypoints(tmp_path / "k.json", CLIP, "blazepose", [person])
    _, _, (found,) = read_keypoints(tmp_path / "k.json")
    np.testing.assert_allclose(found.xy, person.xy, atol=0.00501)
    np.testing.assert_allclose(found.times, person.times, atol=5.01e-7)


def test_the_file_keeps_its_schema(path):
    schema = json.loads((resources.files(vid2pose3d.detect) / "vid2pose3d-keypoints-1.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(path.read_text()))


def test_nobody(tmp_path):
    write_keypoints(tmp_path / "k.json", CLIP, "blazepose", [])
    assert read_keypoints(tmp_path / "k.json") == (CLIP, "blazepose", [])


def test_an_empty_track(tmp_path):
    write_keypoints(tmp_path / "k.json", CLIP, "blazepose", [replace(track(1, COCO17, 1), **{
        name: getattr(track(1, COCO17, 1), name)[:0]
        for name in ("frames", "times", "xy", "confidence", "bbox", "interpolated")
    })])
    _, _, (found,) = read_keypoints(tmp_path / "k.json")
    assert found.xy.shape == (0, 17, 2)


@pytest.mark.parametrize(("key", "value", "says"), [
    ("joint_set", "ape12", "known are h36m17, mpi3dhp17, mpi3dhp28, coco17"),
    ("joint_set", "coco17", "keypoints_2d has shape"),
    ("id", 2, "same id"),
    ("id", "one", "people.0.id"),
    ("bbox", [[0, 0, 1, 1]], "bbox has shape"),
    ("interpolated", None, "people.0.interpolated"),
    ("keypoints_2d", [[["a", 0, 0.5]] * 33] * 7, "'a' is not of type 'number', 'null'"),
])
def test_a_damaged_file_is_refused(path, key, value, says):
    document = json.loads(path.read_text())
    document["people"][0][key] = value
    path.write_text(json.dumps(document))
    with pytest.raises(InputError) as caught:
        read_keypoints(path)
    assert str(path) in str(caught.value)
    assert says in str(caught.value)


def test_a_result_is_not_a_keypoint_file(path):
    path.write_text(path.read_text().replace("vid2pose3d-keypoints/1", "vid2pose3d/1"))
    with pytest.raises(InputError, match="is not a vid2pose3d keypoint file"):
        read_keypoints(path)
