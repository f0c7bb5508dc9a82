import numpy as np
from scipy.spatial import procrustes
from scipy.spatial.transform import Rotation

from vid2pose3d.evaluate.metrics import (
    acceleration_error,
    auc,
    mpjpe,
    mpjve,
    n_mpjpe,
    p_mpjpe,
    pck,
    similarity_aligned,
)

RNG = np.random.default_rng(0)


def poses(*shape):
    return RNG.normal(size=(*shape, 17, 3))


def test_mpjpe_of_a_constant_shift_is_its_length():
    truth = poses(4, 5)
    np.testing.assert_allclose(mpjpe(truth + [3.0, 0.0, 4.0], truth), np.full((4, 5), 5.0))


def test_n_mpjpe_forgives_scale_only():
    truth = poses(6)
    np.testing.assert_allclose(n_mpjpe(0.3 * truth, truth), 0, atol=1e-12)
    assert (n_mpjpe(truth @ Rotation.from_euler("y", 40, degrees=True).as_matrix(), truth) > 0.1).all()


def test_p_mpjpe_forgives_a_similarity():
    truth = poses(6)
    turned = 1.7 * truth @ Rotation.random(rng=1).as_matrix() + [1.0, 2.0, 3.0]
    np.testing.assert_allclose(p_mpjpe(turned, truth), 0, atol=1e-12)


def test_p_mpjpe_does_not_forgive_a_reflection():
    truth = poses(6)
    assert (p_mpjpe(truth * [-1, 1, 1], truth) > 0.1).all()


def test_p_mpjpe_leaves_the_residual_of_scipys_procrustes():
    truth = poses()
    estimate = truth + 0.1 * poses()
    one, other, disparity = procrustes(truth, estimate)
    size = np.linalg.norm(truth - truth.mean(0))
    np.testing.assert_allclose(p_mpjpe(estimate, truth), size * np.linalg.norm(one - other, axis=-1).mean(), rtol=1e-9)


def test_alignment_of_a_mirrored_pose_stays_a_rotation():
    """Umeyama 1991: the smallest singular value is turned, so the volume of three bones keeps its sign."""
    truth = poses()
    mirrored = truth * [-1, 1, 1]
    aligned = similarity_aligned(mirrored, truth)
    assert np.sign(np.linalg.det(aligned[1:4] - aligned[0])) == np.sign(np.linalg.det(mirrored[1:4] - mirrored[0]))
    assert p_mpjpe(mirrored, truth) < mpjpe(mirrored, truth)


def test_velocity_error_ignores_a_constant_shift_and_sees_drift():
    truth = poses(2, 6)
    drift = np.arange(6)[:, None, None] * np.array([0.0, 3.0, 4.0])
    np.testing.assert_allclose(mpjve(truth + 7.0, truth), 0, atol=1e-12)
    np.testing.assert_allclose(mpjve(truth + drift, truth), np.full((2, 5), 5.0))


def test_acceleration_error_ignores_drift_and_sees_a_parabola():
    truth = poses(2, 6)
    frames = np.arange(6)[:, None, None]
    np.testing.assert_allclose(acceleration_error(truth + frames * 2.0, truth), 0, atol=1e-12)
    bent = truth + frames**2 * np.array([0.0, 1.5, 2.0])
    np.testing.assert_allclose(acceleration_error(bent, truth), np.full((2, 4), 5.0))


def test_pck_is_strict_and_auc_is_its_mean():
    errors = np.array([0.0, 149.9, 150.0, 400.0])
    assert pck(errors) == 0.5
    np.testing.assert_allclose(pck(errors, np.array([0.0, 5.0, 151.0])), [0.0, 0.25, 0.75])
    assert auc(errors) == np.mean([0.0] + [0.25] * 29 + [0.5])
