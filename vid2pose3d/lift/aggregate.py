"""From H hypotheses to one pose. All functions take root-relative poses (B, H, F, J, 3) and give (B, F, J, 3)."""

import numpy as np

from vid2pose3d.camera import project_through_lens, solve_translation

_LEAST_DEPTH = 0.1
"""Metres; nearer joints would project anywhere."""


def mean(poses: np.ndarray) -> np.ndarray:
    """Average of the hypotheses (P-Agg of D3DP)."""
    return poses.mean(axis=1)


def medoid(poses: np.ndarray) -> np.ndarray:
    """The hypothesis with the least summed joint distance to all others.

    One for a whole window, so that the motion stays as it was drawn; the first of equals.
    """
    apart = [np.linalg.norm(poses - poses[:, h:h + 1], axis=-1).mean((1, 2, 3)) for h in range(poses.shape[1])]
    return poses[np.arange(len(poses)), np.argmin(apart, axis=0)]


def jpma(poses: np.ndarray, rays: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Joint-wise reprojection-based multi-hypothesis aggregation (D3DP, Shan et al. 2023, section 3.3).

    Each joint of each frame is taken from the hypothesis whose projection is nearest to the 2D. rays: (B, F, J, 2)
    2D at z = 1; weights: (B, F, J) its confidence. Neither camera nor root is known in the wild: each hypothesis is
    first put where it fits the frame's 2D best. A joint without 2D is the mean of the hypotheses.
    """
    points = np.broadcast_to(rays[:, None], (*poses.shape[:-1], 2))
    placed = poses + solve_translation(poses, points, np.broadcast_to(weights[:, None], poses.shape[:-1]))[..., None, :]
    projected = placed[..., :2] / np.maximum(placed[..., 2:], _LEAST_DEPTH)
    chosen = take_hypotheses(poses, nearest_hypotheses(projected, rays))
    return np.where(weights[..., None] > 0, chosen, mean(poses))


def jpma_with_known_root(poses: np.ndarray, root: np.ndarray, xy: np.ndarray, lens: np.ndarray) -> np.ndarray:
    """JPMA as D3DP and FinePOSE evaluate it, with the true root and camera: tables only, no video has them.

    root: (B, F, 1, 3) its true place in the poses' unit, camera frame; xy: (B, F, J, 2) 2D in the unit of `lens`, the
    camera's nine numbers (camera.project_through_lens).
    """
    return take_hypotheses(poses, nearest_hypotheses(project_through_lens(poses + root[:, None], lens), xy))


def nearest_hypotheses(projected: np.ndarray, xy: np.ndarray) -> np.ndarray:
    """Index (B, F, J) of the hypothesis whose projection (B, H, F, J, 2) is nearest to xy (B, F, J, 2)."""
    return np.linalg.norm(projected - xy[:, None], axis=-1).argmin(axis=1)


def take_hypotheses(poses: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Each joint of (B, F, J, 3) from hypothesis `index` (B, F, J)."""
    return np.take_along_axis(poses, index[:, None, ..., None], axis=1)[:, 0]


def spread(poses: np.ndarray) -> np.ndarray:
    """(B, F, J) root mean square distance of the hypotheses from their mean, in the poses' unit."""
    return np.sqrt(((poses - poses.mean(axis=1, keepdims=True)) ** 2).sum(-1).mean(axis=1))
