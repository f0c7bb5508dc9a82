"""Pose errors of the field. All take (..., J, 3) estimates and truths in one unit and return it, frame by frame."""

import numpy as np


def mpjpe(estimate: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Mean per-joint position error (...), protocol 1: both are relative to their root already."""
    return np.linalg.norm(estimate - truth, axis=-1).mean(-1)


def n_mpjpe(estimate: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """MPJPE (...) after the least-squares scaling of each frame (Rhodin et al. 2018)."""
    scale = (estimate * truth).sum((-2, -1)) / np.maximum((estimate**2).sum((-2, -1)), 1e-12)
    return mpjpe(scale[..., None, None] * estimate, truth)


def p_mpjpe(estimate: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """MPJPE (...) after the similarity alignment of each frame, protocol 2 (Umeyama 1991; no reflection)."""
    mean_estimate, mean_truth = estimate.mean(-2, keepdims=True), truth.mean(-2, keepdims=True)
    x, y = estimate - mean_estimate, truth - mean_truth
    u, singular, vt = np.linalg.svd(y.swapaxes(-1, -2) @ x)
    sign = np.ones_like(singular)
    sign[..., -1] = np.sign(np.linalg.det(u @ vt))
    rotation = (u * sign[..., None, :]) @ vt
    scale = (singular * sign).sum(-1) / np.maximum((x**2).sum((-2, -1)), 1e-12)
    return mpjpe(scale[..., None, None] * x @ rotation.swapaxes(-1, -2) + mean_truth, truth)
