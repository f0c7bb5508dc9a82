"""Statures: measured, scaled to, and fitted to one floor."""

import numpy as np
import pytest

from vid2pose3d.place.stature import FloorLevel, common_floor, given_height, scale_to, stature
from vid2pose3d.skeleton import H36M17


def standing() -> np.ndarray:
    """Legs of 0.8 m, trunk and head of 0.8 m, in one line; (17, 3) metres."""
    joints = np.zeros((17, 3))
    heights = {"knee": -0.4, "ankle": -0.8, "spine": 0.25, "thorax": 0.5, "neck_nose": 0.65, "head": 0.8}
    for joint, height in heights.items():
        for name in (joint, f"left_{joint}", f"right_{joint}"):
            if name in H36M17.joints:
                joints[H36M17.index(name), 1] = height
    return joints


def test_stature_does_not_depend_on_the_pose():
    bent = standing()
    knee, ankle = H36M17.indices(("left_knee", "left_ankle"))
    bent[ankle] = bent[knee] + (0, 0, -0.4)
    assert stature(np.stack([standing(), bent, bent])) == pytest.approx(0.8 + 0.8 + 0.08 + 0.09)


@pytest.mark.parametrize("height", [1.1, 1.78, 2.1])
def test_scaled_people_have_the_wanted_height(height):
    joints = 0.9 * standing()[None]
    assert stature(scale_to(height, joints) * joints) == pytest.approx(height)


def test_whose_height_is_given():
    assert given_height(1.8, 3) == 1.8
    assert given_height({1: 1.8}, 1) == 1.8
    assert given_height({1: 1.8}, 2) is None
    assert given_height(None, 1) is None


def levels(*camera_heights, depths=None, known=()):
    depths = depths or [5.0] * len(camera_heights)
    return [FloorLevel(-height, depth, known=number in known)
            for number, (height, depth) in enumerate(zip(camera_heights, depths, strict=True))]


def test_two_adults_meet_halfway():
    """The camera is 1.5 m over the floor; one is 4 % smaller than assumed, the other 4 % larger."""
    factors, level = common_floor(levels(1.5 / 0.96, 1.5 / 1.04))
    assert factors == pytest.approx([0.96, 1.04], abs=0.015)
    assert level == pytest.approx(-1.5, abs=0.03)


def test_a_known_height_draws_the_others():
    factors, level = common_floor(levels(1.5, 1.5 / 0.95, known={0}))
    assert factors == pytest.approx([1.0, 0.95], abs=0.012)
    assert level == pytest.approx(-1.5, abs=0.03)


def test_someone_on_a_platform_stays_there():
    factors, level = common_floor(levels(1.6, 1.6, 0.8))
    assert factors == pytest.approx([1, 1, 1], abs=0.02)
    assert level == pytest.approx(-1.6, abs=0.02)


def test_a_child_among_adults_becomes_small():
    factors, level = common_floor(levels(1.6, 1.6, 1.6 / 0.65))
    assert factors == pytest.approx([1, 1, 0.65], abs=0.02)
    assert level == pytest.approx(-1.6, abs=0.02)


def test_people_far_behind_each_other_say_little():
    near, _ = common_floor(levels(1.5, 1.6))
    far, _ = common_floor(levels(1.5, 1.6, depths=[4.0, 14.0]))
    assert abs(far[1] - far[0]) < 0.6 * abs(near[1] - near[0])


def test_a_camera_on_the_floor_says_nothing_about_sizes():
    factors, _ = common_floor(levels(0.02, -0.02))
    assert factors == pytest.approx([1, 1], abs=0.01)


def test_floors_that_nobody_saw():
    factors, level = common_floor([FloorLevel(float("nan"), 4.0, known=False)])
    assert factors == pytest.approx([1.0])
    assert np.isnan(level)
    factors, level = common_floor([FloorLevel(float("nan"), 4.0, known=False), *levels(1.5)])
    assert factors == pytest.approx([1, 1])
    assert level == pytest.approx(-1.5)
