"""Cameras that travel through a made-up room, and the unit of their way from feet."""

import numpy as np
import pytest
from room import FOCAL, HEIGHT, WIDTH, look, picture
from scipy.spatial.transform import Rotation

from vid2pose3d.camera import guess_camera, project
from vid2pose3d.camera_motion import at_rest, judge, moving_again
from vid2pose3d.camera_motion.scale import Steps, scale_from_feet
from vid2pose3d.camera_motion.travel import follow_travel
from vid2pose3d.motion import Motion3D, Person2D
from vid2pose3d.skeleton import H36M17

FRAMES, FPS = 32, 25.0
CAMERA = guess_camera(WIDTH, HEIGHT, focal=FOCAL)


def way(kind):
    """world_from_camera (F, 4, 4), FRAMES of it."""
    part = np.linspace(0, 1, FRAMES)
    if kind == "sideways":
        return np.stack([look([-0.8 + 1.6 * p, 1.5, 4.0], yaw=-5 + 10 * p) for p in part])
    if kind == "forwards":
        return np.stack([look([0.3 * p, 1.5, 5.0 - 1.5 * p], yaw=0) for p in part])
    return np.stack([look([0.0, 1.5, 4.5], yaw=10 * np.sin(2 * np.pi * p)) for p in part])


@pytest.fixture(scope="module", params=["sideways", "forwards"])
def travelling(request, seen):
    poses = way(request.param)
    return poses, seen([picture(pose) for pose in poses])


def walker(poses):
    """Someone who walks at 1.2 m/s: legs of which one always stands; track, joints in the world and in the camera."""
    times = np.arange(FRAMES) / FPS
    joints = np.zeros((FRAMES, 17, 3))
    joints[:] = np.random.default_rng(0).uniform((-0.2, 0.9, -0.2), (0.2, 1.7, 0.2), (17, 3))
    joints[..., 0] += 1.2 * times[:, None] - 0.6
    for foot, phase in (("left_ankle", 0.0), ("right_ankle", 0.5)):
        stride = times / 0.8 + phase
        swing = np.clip((stride % 1 - 0.5) / 0.5, 0, 1)
        x = 1.2 * 0.8 * (np.floor(stride) + swing - phase) - 0.6
        joints[:, H36M17.index(foot)] = np.stack([x, 0.08 + 0.1 * np.sin(np.pi * swing), np.full(FRAMES, 0.1)], axis=1)
    local = np.einsum("nji,nkj->nki", poses[:, :3, :3], joints - poses[:, None, :3, 3])
    frames = np.arange(FRAMES)
    person = Person2D(1, H36M17, frames, frames / FPS, project(local, CAMERA.intrinsics), np.ones((FRAMES, 17)),
                      np.zeros((FRAMES, 4)), np.zeros(FRAMES, bool))
    return person, joints, local


def test_the_way_is_found_up_to_its_unit(travelling):
    poses, background = travelling
    travel = follow_travel(background, CAMERA.intrinsics)
    assert np.isfinite(travel.support).all()
    true = np.linalg.inv(poses[0]) @ poses
    turns = Rotation.from_matrix(true[:, :3, :3]).inv() * Rotation.from_matrix(travel.poses[:, :3, :3])
    assert np.degrees(turns.magnitude()).max() < 1.0
    found, places = travel.poses[:, :3, 3], true[:, :3, 3]
    scale = (found * places).sum() / (found**2).sum()
    assert np.linalg.norm(scale * found - places, axis=1).mean() < 0.03 * np.linalg.norm(places[-1])


def test_people_stand_in_a_world_at_rest(travelling):
    """All between detection and world, with a perfect lifter and placement."""
    poses, background = travelling
    person, joints, local = walker(poses)
    camera = judge(background, CAMERA).camera
    assert (camera.motion, camera.path.metric) == ("moving", False)
    resting = np.einsum("nij,nkj->nki", camera.path.world_from_camera[:, :3, :3], local)
    level = poses[0, :3, :3]
    rest = Rotation.from_matrix(camera.path.world_from_camera[:, :3, :3]).mean().as_matrix()
    camera.world_from_camera[:3, :3] = level @ rest
    placed = Motion3D(at_rest(person, camera), resting @ rest, resting @ level.T, np.ones((FRAMES, 17)))
    camera, (motion,) = moving_again([person], (camera, [placed]))
    assert camera.motion == "moving"
    np.testing.assert_allclose(motion.joints_camera, local, atol=1e-6)
    moved = motion.joints_world - motion.joints_world[0, 0] + joints[0, 0]
    walked = np.linalg.norm(joints[-1, 0] - joints[0, 0])
    assert np.linalg.norm(moved - joints, axis=-1).mean() < 0.03 * walked
    path = camera.path.world_from_camera[:, :3, 3]
    travelled = np.linalg.norm(poses[-1, :3, 3] - poses[0, :3, 3])
    assert np.linalg.norm(path - path[0] - poses[:, :3, 3] + poses[0, :3, 3], axis=1).mean() < 0.05 * travelled


def test_a_mere_turn_has_no_way(seen):
    background = seen([picture(pose) for pose in way("turning")])
    assert follow_travel(background, CAMERA.intrinsics) is None
    camera = judge(background, CAMERA).camera
    assert (camera.motion, camera.path.metric) == ("moving", True)
    assert not camera.path.world_from_camera[:, :3, 3].any()


@pytest.mark.parametrize("unit", [0.2, 1.0, 7.0])
def test_feet_tell_the_unit(unit):
    poses = way("sideways")
    person, joints, _ = walker(poses)
    feet = joints[:, H36M17.indices(("left_ankle", "right_ankle"))] - poses[:, None, :3, 3]
    noisy = feet + np.random.default_rng(0).normal(0, 0.005, feet.shape)
    found = scale_from_feet([Steps(person.times, noisy, poses[:, :3, 3] / unit)])
    assert found == pytest.approx(unit, rel=0.06)


def test_feet_in_the_air_and_nobody_tell_nothing():
    times, rng = np.arange(40) / FPS, np.random.default_rng(0)
    drifting = np.cumsum(rng.normal(0, 0.1, (40, 2, 3)), axis=0)
    camera = np.linspace([0, 0, 0], [1, 0, 0], 40)
    assert scale_from_feet([Steps(times, drifting, camera)]) is None
    assert scale_from_feet([]) is None
    assert scale_from_feet([Steps(times[:1], drifting[:1], camera[:1])]) is None
    assert scale_from_feet([Steps(times, drifting, np.zeros((40, 3)))]) is None


def test_without_feet_only_the_turning_is_taken_out(travelling):
    poses, background = travelling
    camera = judge(background, CAMERA).camera
    camera, motions = moving_again([], (camera, []))
    assert (camera.motion, motions) == ("relative", [])
    assert np.ptp(camera.path.world_from_camera[:, :3, 3], axis=0) == pytest.approx(np.zeros(3))
