"""What a camera at rest would see, and the way back, against plain geometry."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from vid2pose3d.camera import project
from vid2pose3d.camera_motion import at_rest, moving_again, pose_at_rest, to_world
from vid2pose3d.camera_motion.rest import rest_from_camera
from vid2pose3d.motion import CameraPath, Motion3D, Person2D
from vid2pose3d.skeleton import H36M17

COUNT = 12


@pytest.fixture
def moving(camera, swing):
    """A camera that turns and travels; its path has more frames than the person."""
    ways = np.tile(np.eye(4), (COUNT + 6, 1, 1))
    ways[:, :3, :3] = swing[: 3 * (COUNT + 6) : 3].swapaxes(1, 2)
    ways[:, :3, 3] = np.arange(COUNT + 6)[:, None] * [0.02, 0.0, 0.05]
    return replace(camera, motion="moving", path=CameraPath(np.arange(COUNT + 6), ways))


@pytest.fixture
def person(moving):
    """Someone who stands still in the path's world; returns the track and the joints there."""
    world = np.random.default_rng(0).uniform((-0.5, -0.9, 4), (0.5, 0.9, 5), (17, 3))
    frames = np.arange(4, 4 + COUNT)
    ways = moving.path.at(frames)
    seen = np.einsum("nji,nkj->nki", ways[:, :3, :3], world - ways[:, None, :3, 3])
    xy = project(seen, moving.intrinsics)
    track = Person2D(1, H36M17, frames, frames / 25, xy, np.ones((COUNT, 17)), np.zeros((COUNT, 4)),
                     np.zeros(COUNT, bool))
    return track, world, seen


def test_the_rest_does_not_turn(moving, person):
    track, world, _ = person
    resting = at_rest(track, moving)
    rest = rest_from_camera(moving.path, moving.path.frames)
    looks = moving.path.world_from_camera @ np.linalg.inv(rest)
    assert np.ptp(looks, axis=0) == pytest.approx(np.zeros((4, 4)), abs=1e-9)
    # The resting camera travels: the joints are off by its place only.
    turn, places = looks[0, :3, :3], moving.path.at(track.frames)[:, :3, 3]
    expected = project((world - places[:, None]) @ turn, moving.intrinsics)
    np.testing.assert_allclose(resting.xy, expected, atol=1e-6)


def test_what_was_placed_at_rest_comes_back(moving, person):
    track, world, seen = person
    resting = at_rest(track, moving)
    pose = pose_at_rest(seen - seen[:, :1], track, moving)
    assert np.ptp(pose, axis=0) == pytest.approx(np.zeros((17, 3)), abs=1e-9)
    # A placement into some world with y up, by someone who knows the true joints, but nothing of turns and travel.
    at = np.einsum("nij,nkj->nki", rest_from_camera(moving.path, track.frames)[:, :3, :3], seen)
    into = np.diag([1.0, -1, -1, 1])
    into[:3, 3] = 0.3, 1.2, 4.0
    placed = Motion3D(resting, at, at @ into[:3, :3].T + into[:3, 3], np.ones((COUNT, 17)))
    camera, (motion,) = moving_again([track], (replace(moving, world_from_camera=into), [placed]))
    assert motion.person is track
    np.testing.assert_allclose(motion.joints_camera, seen, atol=1e-9)
    np.testing.assert_allclose(project(motion.joints_camera, camera.intrinsics), track.xy, atol=1e-6)
    np.testing.assert_allclose(to_world(motion.joints_camera, track.frames, camera), motion.joints_world, atol=1e-9)
    assert np.ptp(motion.joints_world, axis=0) == pytest.approx(np.zeros((17, 3)), abs=1e-9)
    np.testing.assert_allclose(camera.world_from_camera, camera.path.world_from_camera[0])


def test_what_lies_beside_the_resting_camera_is_missing(moving, person):
    track, _, _ = person
    ways = moving.path.world_from_camera.copy()
    ways[:, :3, :3] = np.eye(3)
    ways[5, :3, :3] = Rotation.from_euler("y", 120, degrees=True).as_matrix()
    resting = at_rest(track, replace(moving, path=CameraPath(moving.path.frames, ways)))
    assert np.isnan(resting.xy[1]).all()
    assert (resting.confidence[1] == 0).all()
    assert np.isfinite(resting.xy[[0, 2, 3]]).all()


def test_a_still_camera_changes_nothing(camera, person):
    track, _, seen = person
    assert at_rest(track, camera) is track
    assert pose_at_rest(seen, track, camera) is seen
    placed = camera, [Motion3D(track, seen, seen, np.ones((COUNT, 17)))]
    assert moving_again([track], placed) is placed
