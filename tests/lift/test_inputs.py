import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from vid2pose3d.camera import guess_camera
from vid2pose3d.lift.inputs import CHANNELS, mirror_input, person_input, screen_input
from vid2pose3d.skeleton import H36M17

RNG = np.random.default_rng(5)


def person(root):
    pose = RNG.normal(size=(3, 9, 17, 3)) * 0.3
    return pose + root


def rays_of(joints):
    return joints[..., :2] / joints[..., 2:]


def confident():
    return RNG.uniform(0.2, 1, (3, 9, 17))


def test_the_view_looks_at_the_person_and_rotates_into_the_camera():
    joints, confidence = person([1.5, -0.8, 4.0]), confident()
    given = person_input(rays_of(joints), confidence)
    assert given.x2d.shape == (3, 9, 17, CHANNELS["person"])
    assert np.abs(given.x2d[..., :2].mean((1, 2))).max() < 0.5
    in_view = joints @ given.camera_from_view[:, None]
    np.testing.assert_allclose(rays_of(in_view), given.rays, atol=1e-9)


def test_a_person_looks_the_same_wherever_the_camera_turns():
    joints, confidence = person([0.0, 0.0, 4.0]), confident()
    turned = joints @ Rotation.from_euler("y", 20, degrees=True).as_matrix().T
    one, other = person_input(rays_of(joints), confidence), person_input(rays_of(turned), confidence)
    np.testing.assert_allclose(one.x2d[..., :4], other.x2d[..., :4], atol=0.05)
    np.testing.assert_allclose(other.x2d[..., 4] - one.x2d[..., 4], np.radians(20), atol=0.02)


def test_a_person_at_twice_the_distance_differs_in_the_size_channel_only():
    pose, confidence = RNG.normal(size=(3, 9, 17, 3)) * [0.3, 0.3, 0.0], confident()
    near, far = (person_input(rays_of(pose + [0, 0, z]), confidence) for z in (3.0, 6.0))
    np.testing.assert_allclose(near.x2d[..., :3], far.x2d[..., :3], atol=0.03)
    np.testing.assert_allclose(near.x2d[..., 3] - far.x2d[..., 3], np.log(2), atol=1e-2)


def test_the_mirrored_input_is_the_input_of_the_mirrored_picture():
    rays, confidence = rays_of(person([0.7, 0.4, 3.5])), confident()
    mirrored_rays = rays[:, :, H36M17.mirror] * [-1, 1]
    expected = person_input(mirrored_rays, confidence[:, :, H36M17.mirror]).x2d
    np.testing.assert_allclose(mirror_input(person_input(rays, confidence).x2d, "person"), expected, atol=1e-6)


def test_unknown_joints_carry_no_position_and_no_confidence():
    rays, confidence = rays_of(person([0.0, 0.0, 4.0])), confident()
    rays[:, 2, 7] = np.nan
    given = person_input(rays, confidence)
    assert np.isfinite(given.x2d).all()
    assert (given.x2d[:, 2, 7, :3] == 0).all()


@pytest.mark.parametrize(("width", "height"), [(1000, 1002), (1920, 1080)])
def test_screen_input_is_that_of_videopose3d(width, height):
    camera = guess_camera(width, height)
    xy = RNG.uniform(0, 1000, (2, 5, 17, 2))
    given = screen_input(xy, camera.intrinsics, width, height)
    np.testing.assert_allclose(given.x2d, xy / width * 2 - [1, height / width], atol=1e-6)
    np.testing.assert_allclose(given.rays * camera.intrinsics[0, 0] + [width / 2, height / 2], xy, atol=1e-9)
