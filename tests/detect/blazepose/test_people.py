"""When two poses are one person's, what a pose's confidence and box are, and painting people over."""

import numpy as np
import pytest

from vid2pose3d.detect.blazepose.landmarks import Pose
from vid2pose3d.detect.blazepose.people import keypoints, painted_over, share_inside, similarity
from vid2pose3d.detect.blazepose.regions import square
from vid2pose3d.motion import Keypoints2D
from vid2pose3d.skeleton import BLAZEPOSE33


def _pose(*, offset=(0.0, 0.0)) -> Keypoints2D:
    xy = np.random.default_rng(0).uniform([100, 100], [200, 300], (33, 2)) + offset
    return Keypoints2D(xy, np.ones(33), np.concatenate([xy.min(0), xy.max(0)]), 1.0)


def test_same_pose_is_the_same_person():
    assert similarity(_pose(), _pose()) == pytest.approx(1)


def test_pose_with_sides_swapped_is_the_same_person():
    swapped = _pose()
    swapped.xy = swapped.xy[BLAZEPOSE33.mirror]
    assert similarity(_pose(), swapped) == pytest.approx(1)


def test_similarity_falls_with_distance():
    values = [similarity(_pose(), _pose(offset=(x, 0))) for x in (0, 5, 20, 80, 400)]
    assert values == sorted(values, reverse=True)
    assert values[1] > 0.8
    assert values[3] < 0.1
    assert values[4] < 1e-6


def test_hardly_seen_joints_say_nothing():
    other = _pose()
    other.confidence[:] = 0
    other.confidence[BLAZEPOSE33.indices(["left_hip", "right_hip"])] = 1
    assert similarity(_pose(), other) == 0


def test_share_inside():
    assert share_inside(np.array([0, 0, 2, 2]), np.array([1, -5, 9, 9])) == pytest.approx(0.5)
    assert share_inside(np.array([0, 0, 2, 2]), np.array([3, 3, 9, 9])) == 0


def test_joints_outside_the_picture_are_not_believed():
    xy = np.tile([[50.0, 50.0]], (33, 1))
    xy[0], xy[1], xy[2] = [-1, 50], [120, 90], [20, 101]
    pose = Pose(xy, np.full(33, 0.9), np.full(33, 0.8), 1.0, square(np.zeros(2), 1), square(np.zeros(2), 1))
    seen = keypoints(pose, 120, 100)
    assert seen.confidence[[0, 1, 2, 3]] == pytest.approx([0, 0.72, 0, 0.72])
    assert seen.bbox == pytest.approx([50, 50, 120, 90])


def test_painting_covers_seen_limbs_only():
    picture = np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8)
    before = picture.copy()
    someone = _pose()
    someone.confidence[:] = 0
    left, right = BLAZEPOSE33.indices(["left_knee", "left_ankle"])
    someone.xy[[left, right]] = [[50, 50], [50, 100]]
    someone.confidence[[left, right]] = 1
    painted = painted_over(picture, [(someone, 100.0)])
    assert np.array_equal(picture, before)
    assert len(np.unique(painted[50:100, 48:53].reshape(-1, 3), axis=0)) == 1
    assert np.array_equal(painted[:, 60:], picture[:, 60:])
    assert np.array_equal(painted[110:], picture[110:])
