"""A frame's poses and 2D as the flat numbers that the error model is about."""

import numpy as np
from scipy.ndimage import uniform_filter1d

from vid2pose3d.models.config import Context
from vid2pose3d.skeleton import H36M17

_PELVIS = H36M17.index("pelvis")
_MOVING = [joint for joint in range(len(H36M17)) if joint != _PELVIS]
_SPANS = (3, 7)
"""Frames that the moving means of the context "motion" are over."""


def flat(poses: np.ndarray) -> np.ndarray:
    """(..., 48) of poses or errors (..., 17, 3): without the pelvis, which is always zero."""
    moving = poses[..., _MOVING, :]
    return moving.reshape(*moving.shape[:-2], -1)


def unflat(vectors: np.ndarray) -> np.ndarray:
    """(..., 17, 3) of (..., 48); the pelvis is zero."""
    poses = np.zeros((*vectors.shape[:-1], len(H36M17), 3), dtype=vectors.dtype)
    poses[..., _MOVING, :] = vectors.reshape(*vectors.shape[:-1], len(_MOVING), 3)
    return poses


def contexts(x2d: np.ndarray, poses: np.ndarray, kind: Context) -> np.ndarray:
    """What an error is conditioned on, (..., F, 82) or, with the motion, (..., F, 178).

    The 2D of x2d (..., F, 17, C) and the estimated poses (..., F, 17, 3); of the motion, their means over the frames
    beside each, too (a window's first and last frame go on beyond it).
    """
    seen, estimate = x2d[..., :2], flat(poses)
    means = [uniform_filter1d(estimate, span, axis=-2, mode="nearest") for span in _SPANS if kind == "motion"]
    return np.concatenate([seen.reshape(*seen.shape[:-2], -1), estimate, *means], axis=-1)
