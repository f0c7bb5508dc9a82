import numpy as np
from scipy.spatial import procrustes
from scipy.spatial.transform import Rotation

from vid2pose3d.evaluate.metrics import mpjpe, n_mpjpe, p_mpjpe

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
