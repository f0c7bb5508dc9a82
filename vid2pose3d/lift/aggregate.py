"""From H hypotheses to one pose. Both functions take root-relative poses (B, H, F, J, 3) and return (B, F, J, 3)."""

import numpy as np

from vid2pose3d.camera import solve_translation

_LEAST_DEPTH = 0.1
"""Metres; nearer joints would project anywhere."""


def mean(poses: np.ndarray) -> np.ndarray:
    """Average of the hypotheses (P-Agg of D3DP)."""
    return poses.mean(axis=1)


def jpma(poses: np.ndarray, rays: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Joint-wise reprojection-based multi-hypothesis aggregation (D3DP, Shan et al. 2023, section 3.3).

    Each joint of each frame is taken from the hypothesis whose projection is nearest to the 2D. rays: (B, F, J, 2)
    2D at z = 1; weights: (B, F, J) its confidence. Neither camera nor root is known in the wild: each hypothesis is
    first put where it fits the frame's 2D best. A joint without 2D is the mean of the hypotheses.
    """
    points = np.broadcast_to(rays[:, None], (*poses.shape[:-1], 2))
    placed = poses + solve_translation(poses, points, np.broadcast_to(weights[:, None], poses.shape[:-1]))[..., None, :]
    projected = placed[..., :2] / np.maximum(placed[..., 2:], _LEAST_DEPTH)
    nearest = ((projected - points) ** 2).sum(-1).argmin(axis=1)
    chosen = np.take_along_axis(poses, nearest[:, None, ..., None], axis=1)[:, 0]
    return np.where(weights[..., None] > 0, chosen, mean(poses))
