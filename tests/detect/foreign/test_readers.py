"""Every format's sample gives the same two stick figures (tests/data/keypoints/README.md)."""

import json
from pathlib import Path

import numpy as np
import pytest

from vid2pose3d.detect.foreign import FORMATS, Request, Sights, recognise
from vid2pose3d.detect.foreign.content import open_content
from vid2pose3d.skeleton import BLAZEPOSE33, BODY25, COCO17, COCO18, HALPE26

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "keypoints"

LIMBS = {  # of the figure before it is doubled and moved; the person's left is on the picture's right
    "left_shoulder": (18, 32), "right_shoulder": (-18, 32), "left_elbow": (25, 60), "right_wrist": (-28, 85),
    "left_hip": (10, 85), "right_hip": (-10, 85), "left_knee": (11, 125), "right_ankle": (-12, 165),
}
HEAD = {COCO17: "left_ear", COCO18: "left_ear", BODY25: "left_ear", BLAZEPOSE33: "left_ear", HALPE26: "nose"}
PLACES = {"left_ear": (7, 13), "nose": (0, 15)}


def read(name: str, **known: object) -> tuple[str, Sights]:
    content = open_content(SAMPLES / name)
    form = recognise(content)
    return form, FORMATS[form].read(content, Request(**known))


def expected(person: int, frame: int, joint: str) -> np.ndarray:
    x, y = {**LIMBS, **PLACES}[joint]
    return np.array([(200 + 4 * frame, 430 - 2 * frame)[person] + 2 * x, 80 + 2 * y])


@pytest.mark.parametrize(("name", "form", "joints", "ids", "first", "confidences"), [
    ("openpose_body25", "openpose", BODY25, None, 0, (0.9, 0.8)),
    ("openpose_coco", "openpose", COCO18, None, 0, (0.9, 0.8)),
    ("mmpose_video.json", "mmpose", COCO17, None, 0, (0.9, 0.8)),
    ("mmpose_demo.json", "mmpose", HALPE26, (3, 7), 1, (0.9, 0.8)),
    ("mmpose_images", "mmpose", HALPE26, None, 1, (0.9, 0.8)),
    ("coco_results.json", "coco", COCO17, None, 0, (0.9, 0.8)),
    ("coco_annotations.json", "coco", COCO17, (3, 7), 0, (1.0, 1.0)),
    ("alphapose_coco.json", "alphapose", COCO17, None, 0, (0.9, 0.8)),
    ("alphapose_halpe26.json", "alphapose", HALPE26, (3, 7), 0, (0.9, 0.8)),
    ("sports2d", "trc", HALPE26, (0, 1), 0, (1.0, 1.0)),
    ("detectron.npz", "vp3d", COCO17, None, 0, (1.0, 1.0)),
    ("mediapipe.json", "mediapipe", BLAZEPOSE33, None, 0, (0.9, 0.8)),
])
def test_a_sample_shows_two_figures(name, form, joints, ids, first, confidences):
    found, sights = read(name)
    assert (found, sights.joint_set) == (form, joints)
    xy = sights.xy * ([640, 480] if sights.normalised else 1)
    known = np.isfinite(xy).all(axis=-1)
    rows = [row for row in range(len(xy)) if known[row].any()]
    frames = {0: [], 1: []}
    for row in rows:
        person = int(np.nanmean(xy[row, :, 0]) > 320)
        frame = sights.numbers[row] - first
        frames[person].append(frame)
        for joint in (*LIMBS, HEAD[joints]):
            np.testing.assert_allclose(xy[row, joints.index(joint)], expected(person, frame, joint), atol=0.002)
        wrist = joints.index("left_wrist")
        assert known[row, wrist] == ((person, frame) != (0, 0))
        assert sights.confidence[row, wrist] == (confidences[person] if known[row, wrist] else 0)
        assert sights.confidence[row, joints.index("left_hip")] == confidences[person]
        if ids:
            assert sights.ids[row] == ids[person]
    assert {person: sorted(some) for person, some in frames.items()} == {0: [0, 1, 2], 1: [0, 2]}
    assert (sights.ids is None) == (ids is None)
    assert sights.listed.tolist() == [first, first + 1, first + 2]


@pytest.mark.parametrize(("name", "joints"), [("vp3d_custom.npz", COCO17), ("mediapipe_single.json", BLAZEPOSE33)])
def test_a_sample_of_one_figure(name, joints):
    _, sights = read(name)
    scale = np.array([640, 480]) if sights.normalised else 1
    for frame in range(3):
        np.testing.assert_allclose(sights.xy[frame, joints.index("right_wrist")] * scale,
                                   expected(0, frame, "right_wrist"), atol=0.002)
    assert np.isnan(sights.xy[0, joints.index("left_wrist")]).all()
    assert np.isfinite(sights.xy[1:]).all()


@pytest.mark.parametrize(("name", "size", "fps"), [
    ("coco_annotations.json", (640, 480), None), ("vp3d_custom.npz", (640, 480), None),
    ("detectron.npz", (640, 480), None), ("sports2d", None, 25.0), ("openpose_body25", None, None),
])
def test_what_the_file_says_of_the_clip(name, size, fps):
    _, sights = read(name)
    assert (sights.size, sights.fps) == (size, fps)


@pytest.mark.parametrize("name", ["mmpose_video.json", "alphapose_coco.json", "coco_annotations.json", "detectron.npz"])
def test_boxes_are_corners(name):
    _, sights = read(name)
    # From the right wrist to the left one, and from the eyes to the ankles; its left wrist is unknown in frame 0.
    np.testing.assert_allclose(sights.bbox[0], [144, 104, 250, 410])


def test_mmpose_files_of_one_picture_each_may_name_their_joints(tmp_path):
    demo = json.loads((SAMPLES / "mmpose_demo.json").read_text())
    for number, frame in enumerate(demo["instance_info"]):
        picture = {"meta_info": demo["meta_info"], "instance_info": frame["instances"]}
        (tmp_path / f"results_{number + 1:05d}.json").write_text(json.dumps(picture))
    _, whole = read("mmpose_demo.json")
    content = open_content(tmp_path)
    assert recognise(content) == "mmpose"
    apart = FORMATS["mmpose"].read(content, Request())
    assert apart.joint_set is HALPE26
    np.testing.assert_array_equal(apart.xy, whole.xy)
    np.testing.assert_array_equal(apart.numbers, whole.numbers)


def test_toes_and_mouth_get_their_sides():
    _, halpe = read("alphapose_halpe26.json")
    np.testing.assert_allclose(halpe.xy[0, halpe.joint_set.index("left_big_toe")], [236, 424])
    _, pose = read("mediapipe.json")
    np.testing.assert_allclose(pose.xy[0, pose.joint_set.index("right_mouth")] * [640, 480], [196, 118], atol=0.002)
