"""The root's path in front of the camera: where the 3D pose must be for its picture to fall on the 2D."""

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from vid2pose3d.camera import rays, translation_equations
from vid2pose3d.place.smoothing import roughness, spans
from vid2pose3d.skeleton import H36M17

_CUTOFF = 5.0
"""Hertz, across the line of sight. Along it the 2D says less, and the same penalty smooths more: 1.5 Hz at 5 m."""
_ROUNDS = 6
_OUTLIER = 0.06
"""Metres between a joint and its line of sight at which it loses half its weight."""
_TRUST = {"pelvis": 0.5, "spine": 0.3, "thorax": 0.5, "neck_nose": 0.3, "head": 0.3}
"""Weights of joints that detectors do not see but derive, or put elsewhere; 1 for the others."""
_ANCHOR = 1e-4
"""Weight of the weak-perspective guess, which decides only where the 2D says nothing."""
_LOST_DEPTH = 4.0
"""Metres, for someone whose 2D is missing altogether."""
_NEAREST = 0.3
"""Metres that every joint must be in front of the camera."""


def root_path(
    pose: np.ndarray, xy: np.ndarray, weights: np.ndarray, *, times: np.ndarray, intrinsics: np.ndarray
) -> np.ndarray:
    """Root (N, 3) metres, camera frame, of root-relative joints `pose` (N, 17, 3).

    xy: (N, 17, 2) pixels, NaN where unseen; weights: (N, 17) >= 0; times: (N,) seconds. One linear least-squares
    problem over all frames: the algebraic reprojection error (Cauchy weights against outlier joints) and a penalty on
    acceleration, equal in all directions. What the smooth depth leaves open, x and y take up, so that the
    reprojection stays tight.
    """
    points = rays(xy, intrinsics)[..., :2]
    trust = np.array([_TRUST.get(joint, 1.0) for joint in H36M17.joints])
    weights = np.where(np.isfinite(points).all(-1), weights * trust, 0.0)
    guess = _weak_perspective(pose, points, weights)
    path, robust = guess, weights
    for _ in range(_ROUNDS):
        path = _solve(pose, points, robust / trust.sum(), guess, times)
        robust = weights / (1 + (_off_sight(pose + path[:, None], points) / _OUTLIER) ** 2)
    nearest = (pose[..., 2] + path[:, None, 2]).min(axis=1)
    path[:, 2] += np.maximum(_NEAREST - nearest, 0.0)
    return path


def _solve(
    pose: np.ndarray, points: np.ndarray, weights: np.ndarray, guess: np.ndarray, times: np.ndarray
) -> np.ndarray:
    normal, moment = translation_equations(pose, points, weights)
    normal = normal + _ANCHOR * np.eye(3)
    moment = moment + _ANCHOR * guess
    span = spans(times)
    data = sparse.block_diag(list(normal * span[:, None, None]))
    rough = sparse.kron(roughness(times, np.full(len(times), _CUTOFF)), sparse.eye_array(3))
    solution = splu(sparse.csc_matrix(data + rough)).solve((moment * span[:, None]).ravel())
    return solution.reshape(-1, 3)


def _weak_perspective(pose: np.ndarray, points: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """First guess (N, 3): depth from the ratio of sizes, the clip's median for each of the frames that show nothing."""
    seen = (weights > 0).sum(axis=1) >= 2
    if not seen.any():
        return np.tile([0.0, 0.0, _LOST_DEPTH], (len(pose), 1))
    points = np.nan_to_num(points)
    share = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
    centre3 = np.einsum("nj,njd->nd", share, pose)
    centre2 = np.einsum("nj,njd->nd", share, points)
    size3 = np.einsum("nj,njd->n", share, (pose[..., :2] - centre3[:, None, :2]) ** 2)
    size2 = np.einsum("nj,njd->n", share, (points - centre2[:, None]) ** 2)
    depth = np.sqrt(size3 / np.maximum(size2, 1e-9))
    lateral = centre2 * depth[:, None] - centre3[:, :2]
    guess = np.concatenate([lateral, depth[:, None] - centre3[:, 2:]], axis=1)
    guess[~seen] = np.median(guess[seen], axis=0)
    return guess


def _off_sight(joints: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Distance (N, 17) metres across the picture between joints and their lines of sight."""
    return np.nan_to_num(np.linalg.norm(joints[..., :2] - points * joints[..., 2:], axis=-1))
