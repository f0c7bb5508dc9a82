"""The root's path from 2D."""

import numpy as np
import pytest

from vid2pose3d.camera import guess_camera, project
from vid2pose3d.place.root import root_path

INTRINSICS = guess_camera(640, 480).intrinsics


@pytest.fixture
def scene(walker, view):
    """Root-relative pose, its pixels, full weights, times, and the true root of a walker of two seconds."""
    joints = view(walker(60), pitch=8)
    return joints - joints[:, :1], project(joints, INTRINSICS), np.ones((60, 17)), np.arange(60) / 30, joints[:, 0]


def path(pose, xy, weights, times):
    return root_path(pose, xy, weights, times=times, intrinsics=INTRINSICS)


def off(found, root):
    return np.linalg.norm(found - root, axis=-1)


def test_exact_2d_gives_the_path_within_a_centimetre(scene):
    *given, root = scene
    assert off(path(*given), root).max() < 0.01


def test_jitter_in_2d_moves_the_root_less_than_frame_by_frame(scene):
    pose, xy, weights, times, root = scene
    noisy = xy + np.random.default_rng(0).normal(0, 2.0, xy.shape)
    together = path(pose, noisy, weights, times)
    alone = np.concatenate([path(pose[i:i + 1], noisy[i:i + 1], weights[i:i + 1], times[i:i + 1]) for i in range(60)])
    assert off(together, root).mean() < 0.5 * off(alone, root).mean()
    shaken = {name: np.abs(np.diff(values[:, 2], n=2)).mean() for name, values in (("t", together), ("a", alone))}
    assert shaken["t"] < 0.05 * shaken["a"]


def test_wrong_joints_are_outvoted(scene):
    pose, xy, weights, times, root = scene
    xy[20:40, 3] += [80, -60]
    xy[:, 16] += [0, 90]
    assert off(path(pose, xy, weights, times), root).max() < 0.05


def test_frames_without_2d_are_bridged(scene):
    pose, xy, weights, times, root = scene
    xy[25:35] = np.nan
    weights[25:35] = 0
    assert off(path(pose, xy, weights, times), root).max() < 0.05


def test_the_upper_body_alone_is_enough(scene):
    pose, xy, weights, times, root = scene
    xy[:, [2, 3, 5, 6]] = np.nan
    assert off(path(pose, xy, weights, times), root).max() < 0.02


def test_a_wrong_focal_length_scales_the_depth_and_keeps_the_picture(scene):
    pose, xy, weights, times, root = scene
    wide = guess_camera(640, 480, focal=INTRINSICS[0, 0] * 1.5).intrinsics
    found = root_path(pose, xy, weights, times=times, intrinsics=wide)
    assert np.median(found[:, 2] / root[:, 2]) == pytest.approx(1.5, abs=0.05)
    assert np.linalg.norm(project(pose + found[:, None], wide) - xy, axis=-1).mean() < 4


def test_someone_never_seen_stands_still_in_front_of_the_camera(scene):
    pose, xy, weights, times, _ = scene
    found = path(pose, xy * np.nan, weights, times)
    assert np.isfinite(found).all()
    assert (found[:, 2] > 1).all()
    assert np.ptp(found, axis=0) == pytest.approx(np.zeros(3), abs=1e-6)


def test_nobody_comes_through_the_camera(scene):
    pose, xy, weights, times, _ = scene
    huge = (xy - [320, 240]) * 40 + [320, 240]
    assert (pose[..., 2] + path(pose, huge, weights, times)[:, None, 2]).min() > 0.25
