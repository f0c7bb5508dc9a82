"""Measures against closed forms and hand-computed values."""

import numpy as np
import pytest

from vid2pose3d.place.contact import stretches
from vid2pose3d.quality.measures import bone_spread, foot_slides, jitter, outside
from vid2pose3d.skeleton import H36M17

UNEVEN = np.array([0.0, 0.1, 0.25, 0.3, 0.42, 0.5, 0.61, 0.7])


def standing() -> np.ndarray:
    """(17, 3): legs of 0.4 + 0.4 m, trunk and head 0.8 m straight up from the pelvis."""
    heights = {"ankle": 0.1, "knee": 0.5, "hip": 0.9, "pelvis": 0.9, "spine": 1.15, "thorax": 1.4, "neck_nose": 1.5,
               "head": 1.7, "shoulder": 1.4, "elbow": 1.1, "wrist": 0.85}
    joints = []
    for name in H36M17.joints:
        part = name.removeprefix("left_").removeprefix("right_")
        side = 0.0 if part == name else 0.15 if name.startswith("left_") else -0.15
        joints.append((side, heights[part], 0.0))
    return np.array(joints)


@pytest.mark.parametrize("times", [np.arange(8) / 30, UNEVEN])
def test_jitter_of_a_cubic_is_its_third_derivative(times: np.ndarray) -> None:
    cubic = 2 * times**3 - 5 * times**2 + 7  # third derivative 12 m/s^3
    joints = np.zeros((8, 2, 3))
    joints[:, 0, 1] = cubic
    assert jitter(joints, times) == pytest.approx(0.6)  # one joint of two, in 10 m/s^3


def test_jitter_at_an_even_rate_is_the_mean_third_difference() -> None:
    joints = np.random.default_rng(0).normal(size=(20, 17, 3))
    expected = np.linalg.norm(np.diff(joints, 3, axis=0), axis=-1).mean() * 25**3 / 10
    assert jitter(joints, np.arange(20) / 25) == pytest.approx(expected)


def test_jitter_does_not_reach_across_holes() -> None:
    times = np.concatenate([np.arange(5), np.arange(20, 25)]) / 10
    joints = np.zeros((10, 1, 3))
    joints[5:] = 3.0
    assert jitter(joints, times) == 0.0
    assert jitter(joints[:3], times[:3]) is None
    assert jitter(joints[3:7], times[3:7]) is None


def test_slide_is_the_farthest_level_distance_from_the_landing() -> None:
    foot = np.zeros((10, 3))
    foot[2:6] = [(1, 0, 1), (1.03, 9, 1.04), (1, 0, 1), (1.01, 0, 1)]  # goes 5 cm away and returns
    foot[8:] = [(2, 0, 2), (2.5, 0, 2)]
    planted = np.array([0, 0, 1, 1, 1, 1, 0, 0, 1, 1], bool)
    assert foot_slides(foot, planted, np.arange(10) / 20) == pytest.approx([0.05])
    assert foot_slides(foot, planted, np.arange(10) / 9) == pytest.approx([0.05, 0.5])
    assert foot_slides(foot, np.zeros(10, bool), np.arange(10) / 20) == []


def test_bone_spread() -> None:
    joints = np.stack([standing(), 1.1 * standing()])
    np.testing.assert_allclose(bone_spread(joints), np.full(16, 0.05 / 1.05))
    np.testing.assert_allclose(bone_spread(joints[:1]), 0.0)


def test_outside_the_picture() -> None:
    xy = np.array([[[50, 50], [99.5, 20]], [[50, 50], [np.nan, np.nan]], [[50, -1], [5, 5]], [[50, 50], [5, 79]]])
    assert outside(xy, width=100, height=80, rim=0.0).tolist() == [False, False, True, False]
    assert outside(xy, width=100, height=80, rim=2.0).tolist() == [True, False, True, True]


def test_stretches() -> None:
    assert stretches(np.array([True, False, True, True, False, True])) == [(0, 0), (2, 3), (5, 5)]
    assert stretches(np.zeros(0, bool)) == []
