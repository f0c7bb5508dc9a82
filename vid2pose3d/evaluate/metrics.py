"""Pose errors of the field. All take (..., J, 3) estimates and truths in one unit and return it, frame by frame."""

import numpy as np

PCK_THRESHOLD = 150.0
"""Millimetres within which a joint counts as found (MPI-INF-3DHP)."""
AUC_THRESHOLDS = np.arange(0.0, 151.0, 5.0)
"""Millimetres of the 31 thresholds whose PCK the AUC averages."""


def joint_errors(estimate: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Distances (..., J) of joints to their truth."""
    return np.linalg.norm(estimate - truth, axis=-1)


def mpjpe(estimate: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Mean per-joint position error (...), protocol 1: both are relative to their root already."""
    return joint_errors(estimate, truth).mean(-1)


def n_mpjpe(estimate: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """MPJPE (...) after the least-squares scaling of each frame (Rhodin et al. 2018)."""
    scale = (estimate * truth).sum((-2, -1)) / np.maximum((estimate**2).sum((-2, -1)), 1e-12)
    return mpjpe(scale[..., None, None] * estimate, truth)


def p_mpjpe(estimate: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """MPJPE (...) after the similarity alignment of each frame, protocol 2."""
    return mpjpe(similarity_aligned(estimate, truth), truth)


def similarity_aligned(estimate: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Estimates (..., J, 3) turned, scaled and moved onto their truth, frame by frame (Umeyama 1991; no reflection)."""
    mean_estimate, mean_truth = estimate.mean(-2, keepdims=True), truth.mean(-2, keepdims=True)
    x, y = estimate - mean_estimate, truth - mean_truth
    u, singular, vt = np.linalg.svd(y.swapaxes(-1, -2) @ x)
    sign = np.ones_like(singular)
    sign[..., -1] = np.sign(np.linalg.det(u @ vt))
    rotation = (u * sign[..., None, :]) @ vt
    scale = (singular * sign).sum(-1) / np.maximum((x**2).sum((-2, -1)), 1e-12)
    return scale[..., None, None] * x @ rotation.swapaxes(-1, -2) + mean_truth


def mpjve(estimate: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Mean per-joint velocity error (..., F - 1) of sequences (..., F, J, 3), per frame as the tables have it."""
    return mpjpe(np.diff(estimate, axis=-3), np.diff(truth, axis=-3))


def acceleration_error(estimate: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Mean distance (..., F - 2) of second differences of sequences (..., F, J, 3), per squared frame."""
    return mpjpe(np.diff(estimate, 2, axis=-3), np.diff(truth, 2, axis=-3))


def pck(errors: np.ndarray, thresholds: np.ndarray | float = PCK_THRESHOLD) -> np.ndarray:
    """Share 0..1 of errors (any shape) below each threshold, in the shape of `thresholds`; strictly, as MPI's code."""
    return np.vectorize(lambda threshold: np.mean(errors < threshold), otypes=[float])(thresholds)


def auc(errors: np.ndarray) -> float:
    """Mean PCK of errors in millimetres over 0, 5, ... 150."""
    return float(pck(errors, AUC_THRESHOLDS).mean())
