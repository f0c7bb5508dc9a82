"""The pinhole camera: closed forms and what is solved from 2D."""

import numpy as np
import pytest

from vid2pose3d.camera import guess_camera, project, project_through_lens, rays, solve_translation


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1080, 1920)])
def test_guess_is_the_longer_side_and_says_so(width, height):
    camera = guess_camera(width, height)
    assert camera.assumed
    assert camera.intrinsics == pytest.approx(np.array([[1920, 0, width / 2], [0, 1920, height / 2], [0, 0, 1]]))
    assert camera.world_from_camera == pytest.approx(np.eye(4))


def test_a_given_focal_length_is_not_a_guess():
    camera = guess_camera(640, 480, focal=500)
    assert not camera.assumed
    assert camera.intrinsics[[0, 1], [0, 1]] == pytest.approx([500, 500])


def test_projection_by_hand():
    intrinsics = guess_camera(100, 80, focal=200).intrinsics
    assert project(np.array([[0, 0, 5], [1, -0.5, 4]]), intrinsics) == pytest.approx(np.array([[50, 40], [100, 15]]))


def test_rays_undo_projection():
    intrinsics = guess_camera(640, 480).intrinsics
    points = np.random.default_rng(0).uniform([-1, -1, 2], [1, 1, 6], (3, 17, 3))
    found = rays(project(points, intrinsics), intrinsics)
    assert found == pytest.approx(points / points[..., 2:])


@pytest.fixture
def scene():
    """Root-relative joints (4, 17, 3), their translations (4, 3) and rays (4, 17, 2)."""
    rng = np.random.default_rng(1)
    joints = rng.normal(0, 0.4, (4, 17, 3))
    there = rng.uniform([-1, -1, 3], [1, 1, 8], (4, 3))
    placed = joints + there[:, None]
    return joints, there, placed[..., :2] / placed[..., 2:]


def test_translation_of_exact_points(scene):
    joints, there, points = scene
    assert solve_translation(joints, points, np.ones((4, 17))) == pytest.approx(there, abs=1e-6)


def test_translation_ignores_what_has_no_weight_or_was_not_seen(scene):
    joints, there, points = scene
    weights = np.ones((4, 17))
    points[:, 3] = 9.0
    weights[:, 3] = 0
    points[:, 5] = np.nan
    assert solve_translation(joints, points, weights) == pytest.approx(there, abs=1e-6)


def test_translation_needs_two_joints_only(scene):
    joints, there, points = scene
    weights = np.zeros((4, 17))
    weights[:, [2, 10]] = 1
    assert solve_translation(joints, points, weights) == pytest.approx(there, abs=1e-4)


def test_translation_is_the_weighted_least_squares_solution(scene):
    joints, _, points = scene
    rng = np.random.default_rng(2)
    points = points[0] + rng.normal(0, 0.02, (17, 2))
    weights = rng.uniform(0.1, 1, 17)
    u, v = points.T
    zero, one = np.zeros(17), np.ones(17)
    rows = np.concatenate([np.stack([one, zero, -u], 1), np.stack([zero, one, -v], 1)])
    right = np.concatenate([u * joints[0, :, 2] - joints[0, :, 0], v * joints[0, :, 2] - joints[0, :, 1]])
    root = np.sqrt(np.concatenate([weights, weights]))
    wanted = np.linalg.lstsq(rows * root[:, None], right * root, rcond=None)[0]
    assert solve_translation(joints[0], points, weights) == pytest.approx(wanted, abs=1e-6)


def test_lens_without_distortion_is_a_pinhole_up_to_45_degrees():
    lens = np.array([2.0, 3.0, 0.1, -0.2, 0, 0, 0, 0, 0])
    points = np.array([[0.5, -1.0, 2.0], [6.0, -9.0, 3.0]])
    assert project_through_lens(points, lens) == pytest.approx(np.array([[0.6, -1.7], [2.1, -3.2]]))


def test_lens_distortion_by_hand():
    """q = (0.5, 0.2), rho = 0.29; p enters as p.q in the stretch and as p * rho beside it."""
    lens = np.array([1, 1, 0, 0, -0.2, 0.3, 0.1, 0.01, -0.02])
    stretch = 1 - 0.2 * 0.29 + 0.3 * 0.29**2 + 0.1 * 0.29**3 + (0.01 * 0.5 - 0.02 * 0.2)
    expected = [0.5 * stretch + 0.01 * 0.29, 0.2 * stretch - 0.02 * 0.29]
    assert project_through_lens(np.array([1.0, 0.4, 2.0]), lens) == pytest.approx(expected)
