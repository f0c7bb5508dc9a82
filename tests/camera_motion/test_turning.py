"""Turns from points: closed forms, with noise, with points that move on their own."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from vid2pose3d.camera import project, rays
from vid2pose3d.camera_motion.turning import turn_between


def pair(camera, angles, count=80, *, noise=0.2, stray=0.0):
    """Points before and after a turn of the camera by Euler angles yxz in degrees; a share of them astray together."""
    rng = np.random.default_rng(0)
    before = rng.uniform((10, 10), (310, 230), (count, 2))
    turn = Rotation.from_euler("yxz", angles, degrees=True).as_matrix()
    after = project(rays(before, camera.intrinsics) @ turn.T, camera.intrinsics) + rng.normal(0, noise, (count, 2))
    lost = int(stray * count)
    after[:lost] = before[:lost] + (7, 3) + rng.normal(0, noise, (lost, 2))
    return before, after, turn


def degrees_apart(a, b):
    return np.degrees(Rotation.from_matrix(a.T @ b).magnitude())


@pytest.mark.parametrize("angles", [(0, 0, 0), (3, -1, 2), (-12, 5, 0), (0, 0, 15)])
def test_the_turn_is_found(camera, angles):
    before, after, turn = pair(camera, angles)
    found = turn_between(before, after, camera.intrinsics, noise=0.5)
    assert degrees_apart(found.rotation, turn) < 0.03
    assert found.support > 0.95
    assert found.growth == pytest.approx(1, abs=0.003)


def test_points_that_go_their_own_way_do_not_count(camera):
    before, after, turn = pair(camera, (4, 1, -2), stray=0.45)
    found = turn_between(before, after, camera.intrinsics, noise=0.5)
    assert degrees_apart(found.rotation, turn) < 0.05
    assert found.support == pytest.approx(0.55, abs=0.05)


def test_what_grows_is_not_explained_by_a_turn(camera):
    before, after, turn = pair(camera, (3, -1, 2))
    after = (after - 160) * 1.1 + 160
    found = turn_between(before, after, camera.intrinsics, noise=0.5)
    assert found.growth == pytest.approx(1.1, abs=0.03)
    assert found.support < 0.7 and found.explained > 0.95


def test_without_noise_the_turn_is_exact(camera):
    before, after, turn = pair(camera, (5, 2, 1), noise=0.0)
    assert degrees_apart(turn_between(before, after, camera.intrinsics, noise=0.5).rotation, turn) < 1e-5
