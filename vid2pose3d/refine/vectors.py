"""A frame's poses and 2D as the flat numbers that the error model is about."""

import numpy as np

from vid2pose3d.skeleton import H36M17

_PELVIS = H36M17.index("pelvis")
_MOVING = [joint for joint in range(len(H36M17)) if joint != _PELVIS]


def flat(poses: np.ndarray) -> np.ndarray:
    """(..., 48) of poses or errors (..., 17, 3): without the pelvis, which is always zero."""
    moving = poses[..., _MOVING, :]
    return moving.reshape(*moving.shape[:-2], -1)


def unflat(vectors: np.ndarray) -> np.ndarray:
    """(..., 17, 3) of (..., 48); the pelvis is zero."""
    poses = np.zeros((*vectors.shape[:-1], len(H36M17), 3), dtype=vectors.dtype)
    poses[..., _MOVING, :] = vectors.reshape(*vectors.shape[:-1], len(_MOVING), 3)
    return poses


def contexts(x2d: np.ndarray, poses: np.ndarray) -> np.ndarray:
    """What an error is conditioned on, (..., 82): the 2D of (..., 17, C) and the estimated poses (..., 17, 3)."""
    seen = x2d[..., :2]
    return np.concatenate([seen.reshape(*seen.shape[:-2], -1), flat(poses)], axis=-1)
