"""Keypoints in other programs' formats: what is in the files, and that reading them back gives the same people."""

import json
from pathlib import Path

import numpy as np
import pytest

from vid2pose3d.export.foreign import WRITERS
from vid2pose3d.given_keypoints import given_people
from vid2pose3d.motion import Clip, Detections, Person2D
from vid2pose3d.plain_npz import load_entry
from vid2pose3d.reporter import Reporter
from vid2pose3d.settings import Settings
from vid2pose3d.skeleton import BLAZEPOSE33, BODY25, COCO17, COCO18, H36M17, HALPE26, MPI3DHP17, MPI3DHP28, JointSet

CLIP = Clip(Path("street.mp4"), 1080, 1920, 29.97, 9, 0.3003, 90)
SETS = [BLAZEPOSE33, COCO17, COCO18, BODY25, HALPE26, H36M17, MPI3DHP17, MPI3DHP28]


class Silent(Reporter):
    pass


def person(number: int, joints: JointSet, frames: list[int]) -> Person2D:
    """Someone whose joints are anywhere in the picture, some unknown, with uneven time stamps."""
    rng = np.random.default_rng(number)
    count = len(frames)
    xy = rng.uniform(1, 1000, (count, len(joints), 2)).round(2)
    confidence = rng.uniform(0, 1, (count, len(joints))).round(3)
    xy[0, 3], confidence[0, 3] = np.nan, 0
    xy[-1, -2], confidence[-1, -2] = np.nan, 0
    times = (np.array(frames) / 29.97 + 0.001 * np.array(frames) ** 2).round(6)
    return Person2D(number, joints, np.array(frames), times, xy, confidence,
                    rng.uniform(0, 1000, (count, 4)).round(2), np.arange(count) % 3 == 1)


def write(folder: Path, form: str, people: list[Person2D]) -> list[Path]:
    names: list[str] = []

    def place(name: str) -> Path:
        names.append(name)
        return folder / name

    WRITERS[form].write(place, CLIP, "abacus", people)
    return [folder / name for name in names]


def read(path: Path) -> Detections:
    return given_people(None, Settings(keypoints=path), Silent())


def two_people(joints: JointSet) -> list[Person2D]:
    return [person(4, joints, [0, 1, 2, 5, 6]), person(11, joints, [2, 3, 4, 5, 6, 7])]


@pytest.mark.parametrize("joints", SETS, ids=lambda joints: joints.name)
@pytest.mark.parametrize("form", WRITERS)
def test_a_round_trip_loses_nothing(tmp_path: Path, form: str, joints: JointSet) -> None:
    files = write(tmp_path, form, two_people(joints))
    back = read(files[0] if len(files) == 1 else tmp_path)
    assert (back.clip, back.detector) == (CLIP, "abacus")
    for found, wanted in zip(back.people, two_people(joints), strict=True):
        assert (found.id, found.joint_set) == (wanted.id, wanted.joint_set)
        for name in ("frames", "times", "xy", "confidence", "bbox", "interpolated"):
            np.testing.assert_allclose(getattr(found, name), getattr(wanted, name), atol=1e-9, err_msg=name)


@pytest.mark.parametrize("form", WRITERS)
def test_nobody(tmp_path: Path, form: str) -> None:
    files = write(tmp_path, form, [])
    back = read(files[0] if len(files) == 1 else tmp_path)
    assert (back.people, back.clip) == ([], CLIP)


def test_coco_says_what_its_tools_look_for(tmp_path: Path) -> None:
    one = person(4, COCO17, [0, 2])
    (path,) = write(tmp_path, "coco", [one])
    document = json.loads(path.read_text())
    assert path.name == "street_coco.json"
    assert [image["frame_id"] for image in document["images"]] == list(range(9))
    assert document["categories"][0]["keypoints"][5] == "left_shoulder"
    first, second = document["annotations"]
    assert (first["image_id"], second["image_id"], second["track_id"]) == (1, 3, 4)
    assert first["keypoints"][:3] == [*one.xy[0, 0].tolist(), 2]
    assert first["keypoints"][9:12] == [0, 0, 0]
    assert first["num_keypoints"] == 16
    x0, y0, x1, y1 = one.bbox[0]
    np.testing.assert_allclose(first["bbox"], [x0, y0, x1 - x0, y1 - y0])


def test_openpose_gets_its_25_joints_in_files_by_frame(tmp_path: Path) -> None:
    one = person(4, BLAZEPOSE33, [1])
    files = write(tmp_path, "openpose", [one])
    assert [path.name for path in files] == [f"street_{frame:012d}_keypoints.json" for frame in range(9)]
    assert json.loads(files[0].read_text())["people"] == []
    (found,) = json.loads(files[1].read_text())["people"]
    pose = np.array(found["pose_keypoints_2d"]).reshape(25, 3)
    xy = one.xy[0]
    hips = xy[BLAZEPOSE33.indices(("left_hip", "right_hip"))]
    np.testing.assert_allclose(pose[BODY25.index("pelvis"), :2], hips.mean(axis=0), atol=0.001)
    np.testing.assert_allclose(pose[2, :2], xy[BLAZEPOSE33.index("right_shoulder")])
    np.testing.assert_allclose(pose[21, :2], xy[BLAZEPOSE33.index("left_heel")])
    assert (pose[19] == 0).all()  # BlazePose has no big toe
    assert found["person_id"] == [4]


def test_mmpose_names_its_joints_and_counts_from_one(tmp_path: Path) -> None:
    (path,) = write(tmp_path, "mmpose", [person(4, HALPE26, [0])])
    document = json.loads(path.read_text())
    assert document["meta_info"]["keypoint_id2name"]["20"] == "left_big_toe"
    frame = document["instance_info"][0]
    assert frame["frame_id"] == 1
    assert np.shape(frame["instances"][0]["keypoints"]) == (26, 2)
    assert np.shape(frame["instances"][0]["bbox"]) == (1, 4)


def test_videopose3d_gets_an_array_without_holes(tmp_path: Path) -> None:
    one = person(4, COCO17, [2, 4, 6])
    one.xy[:, 0] = [[10, 20], [30, 40], [np.nan, np.nan]]
    (path,) = write(tmp_path, "vp3d", [one])
    with np.load(path, allow_pickle=True) as file:
        (array,) = file["positions_2d"].item()["street.mp4"]["custom"]
        metadata = file["metadata"].item()
    assert array.shape == (9, 17, 2)
    np.testing.assert_allclose(array[:5, 0], [[10, 20], [10, 20], [10, 20], [20, 30], [30, 40]])
    np.testing.assert_allclose(array[8, 0], [30, 40])
    assert metadata["layout_name"] == "coco"
    assert metadata["keypoints_symmetry"] == [[1, 3, 5, 7, 9, 11, 13, 15], [2, 4, 6, 8, 10, 12, 14, 16]]
    assert metadata["video_metadata"] == {"street.mp4": {"w": 1080, "h": 1920}}
    assert load_entry(path, "metadata") == metadata
