"""The root's path in front of the camera: where the 3D pose must be for its picture to fall on the 2D."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from vid2pose3d.camera import rays, translation_equations
from vid2pose3d.place.contact import CLEARANCE, FEET, SUPPORTS
from vid2pose3d.place.smoothing import HOLE, roughness, spans, steps
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
_ON_FLOOR = 0.04
"""Metres by which a planted part's height below the root is wrong in the pose."""
_OFF_FLOOR = 0.12
"""Metres off the floor at which a planted part has lost half its weight: it may stand on something else."""
_STILL = 0.2
"""Metres per second by which a planted foot's way against the root is wrong in the pose."""
_JOINT = 0.03
"""Metres by which one joint is off its line of sight: what the other errors are weighed against."""


@dataclass(frozen=True)
class Ground:
    """The floor under one person: points of it have point @ up = level, in the camera frame."""

    up: np.ndarray
    """(3,) unit vector."""
    level: float
    """Metres."""
    planted: np.ndarray
    """(N, S) 0..1, how much each of the `SUPPORTS` rests on it."""


@dataclass(frozen=True)
class _Contacts:
    """Normal equations (N, 3, 3), (N, 3) of the root, and the weight (N, 2) with which the feet stand still."""

    normal: np.ndarray
    moment: np.ndarray
    still: np.ndarray


def root_path(
    pose: np.ndarray, xy: np.ndarray, weights: np.ndarray, *, times: np.ndarray, intrinsics: np.ndarray,
    ground: Ground | None = None,
) -> np.ndarray:
    """Root (N, 3) metres, camera frame, of root-relative joints `pose` (N, 17, 3).

    xy: (N, 17, 2) pixels, NaN where unseen; weights: (N, 17) >= 0; times: (N,) seconds. One linear least-squares
    problem over all frames: the algebraic reprojection error (Cauchy weights against outlier joints) and a penalty on
    acceleration, equal in all directions. What the smooth depth leaves open, x and y take up, so that the
    reprojection stays tight. With a `ground`, planted parts are drawn to it and planted feet stay where they are.
    """
    points = rays(xy, intrinsics)[..., :2]
    trust = np.array([_TRUST.get(joint, 1.0) for joint in H36M17.joints])
    weights = np.where(np.isfinite(points).all(-1), weights * trust, 0.0)
    guess = _weak_perspective(pose, points, weights)
    path, robust = guess, weights
    for _ in range(_ROUNDS):
        path = _solve(pose, points, robust / trust.sum(), guess, times, _contacts(pose, path, ground, trust.sum()))
        robust = weights / (1 + (_off_sight(pose + path[:, None], points) / _OUTLIER) ** 2)
    nearest = (pose[..., 2] + path[:, None, 2]).min(axis=1)
    path[:, 2] += np.maximum(_NEAREST - nearest, 0.0)
    return path


def _solve(
    pose: np.ndarray, points: np.ndarray, weights: np.ndarray, guess: np.ndarray, times: np.ndarray,
    contacts: _Contacts | None,
) -> np.ndarray:
    normal, moment = translation_equations(pose, points, weights)
    normal = normal + _ANCHOR * np.eye(3)
    moment = moment + _ANCHOR * guess
    rough = sparse.kron(roughness(times, np.full(len(times), _CUTOFF)), sparse.eye_array(3))
    span = spans(times)[:, None]
    if contacts is None:
        right = moment * span
    else:
        normal = normal + contacts.normal
        still, drift = _standing_still(pose, contacts.still, times)
        rough = rough + sparse.kron(still, sparse.eye_array(3))
        right = (moment + contacts.moment) * span + drift
    data = sparse.block_diag(list(normal * span[..., None]))
    return splu(sparse.csc_matrix(data + rough)).solve(right.ravel()).reshape(-1, 3)


def _contacts(pose: np.ndarray, path: np.ndarray, ground: Ground | None, joints: float) -> _Contacts | None:
    """The equations of planted parts about a first path; `joints` is how many joints the data's mean is taken of."""
    if ground is None:
        return None
    parts = pose[:, SUPPORTS] @ ground.up - np.array(list(CLEARANCE.values()))
    wanted = ground.level - parts
    off = path @ ground.up
    share = _JOINT**2 / joints
    weight = share / _ON_FLOOR**2 * ground.planted / (1 + ((off[:, None] - wanted) / _OFF_FLOOR) ** 2) ** 2
    return _Contacts(
        normal=weight.sum(axis=1)[:, None, None] * np.outer(ground.up, ground.up),
        moment=(weight * wanted).sum(axis=1)[:, None] * ground.up,
        still=share / _STILL**2 * ground.planted[:, : len(FEET)],
    )


def _standing_still(
    pose: np.ndarray, still: np.ndarray, times: np.ndarray
) -> tuple[sparse.csc_matrix, np.ndarray]:
    """Matrix (N, N) and right side (N, 3) of the sum over time of still * |velocity of the feet|^2; still: (N, 2)."""
    count, step = len(times), steps(times)
    weight = np.minimum(still[1:], still[:-1]) * (step <= HOLE)[:, None] / step[:, None]
    first = sparse.diags_array([-np.ones(count - 1), np.ones(count - 1)], offsets=[0, 1], shape=(count - 1, count))
    feet = np.einsum("nf,nfd->nd", weight, np.diff(pose[:, FEET], axis=0))
    return sparse.csc_matrix(first.T @ sparse.diags_array(weight.sum(axis=1)) @ first), -(first.T @ feet)


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
