"""Two-bone limbs: where the middle joint goes when the end joint is moved."""

import numpy as np

from vid2pose3d.skeleton import H36M17
from vid2pose3d.vectors import unit

LEGS = tuple(tuple(H36M17.indices((f"{side}_hip", f"{side}_knee", f"{side}_ankle"))) for side in ("left", "right"))
"""Hip, knee and ankle, in the order of `contact.FEET`."""
ARMS = tuple(
    tuple(H36M17.indices((f"{side}_shoulder", f"{side}_elbow", f"{side}_wrist"))) for side in ("left", "right")
)
_STRAIGHT = 0.996
"""Of its whole length, the longest that a limb is stretched to: bent by 10 degrees, because the last few would need the
knee to shoot."""
_ASIDE = 0.005
"""Metres off the line from start to end up to which a middle joint shows no side."""
_NOWHERE = 1e-9


def reach(joints: np.ndarray, limb: tuple[int, ...]) -> np.ndarray:
    """How far (N,) metres the limb's end can get from its start in joints (N, 17, 3)."""
    start, middle, end = limb
    upper = np.linalg.norm(joints[:, middle] - joints[:, start], axis=-1)
    return _STRAIGHT * (upper + np.linalg.norm(joints[:, end] - joints[:, middle], axis=-1))


def move_end(
    joints: np.ndarray, limb: tuple[int, ...], target: np.ndarray, *, usual: np.ndarray
) -> np.ndarray:
    """joints (N, 17, 3) metres with the limb's end at target (N, 3), or as near to it as its bones reach.

    Both bones keep their lengths. The middle joint stays on its side of the line from start to end: it goes along
    with the least rotation of that line, so that the limb's plane changes no more than it must. A straight limb, which
    has no side, takes the `usual` one: unit vectors (N, 3) off the line.
    """
    start, middle, end = limb
    moved = joints.copy()
    old, new = joints[:, end] - joints[:, start], target - joints[:, start]
    upper = np.linalg.norm(joints[:, middle] - joints[:, start], axis=-1)
    lower = np.linalg.norm(joints[:, end] - joints[:, middle], axis=-1)
    length = np.clip(np.linalg.norm(new, axis=-1), np.abs(upper - lower) + _NOWHERE,
                     np.maximum(reach(joints, limb), np.linalg.norm(old, axis=-1)))
    axis = unit(new)
    aside = off_line(joints, limb)
    straight = np.exp(-((aside**2).sum(axis=-1, keepdims=True) / _ASIDE**2))
    out = turned(aside + straight * _ASIDE * usual, unit(old), axis)
    out = unit(out - (out * axis).sum(axis=-1, keepdims=True) * axis)
    along = (upper**2 - lower**2 + length**2) / (2 * np.maximum(length, _NOWHERE))
    away = np.sqrt(np.maximum(upper**2 - along**2, 0.0))
    moved[:, middle] = joints[:, start] + along[:, None] * axis + away[:, None] * out
    moved[:, end] = joints[:, start] + length[:, None] * axis
    return moved


def off_line(joints: np.ndarray, limb: tuple[int, ...]) -> np.ndarray:
    """Vector (N, 3) metres from the line through a limb's start and end to its middle joint."""
    start, middle, end = limb
    axis = unit(joints[:, end] - joints[:, start])
    bone = joints[:, middle] - joints[:, start]
    return bone - (bone * axis).sum(axis=-1, keepdims=True) * axis


def turned(vectors: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Vectors (..., 3) turned by the least rotation that takes unit vectors `start` to `end`, both (..., 3)."""
    axis = np.cross(start, end)
    cosine = (start * end).sum(axis=-1, keepdims=True)
    share = (axis * vectors).sum(axis=-1, keepdims=True) / np.maximum(1 + cosine, _NOWHERE)
    return cosine * vectors + np.cross(axis, vectors) + share * axis
