"""Joint limits: knees and elbows are hinges that bend one way, within the turns that hips and shoulders allow."""

from dataclasses import dataclass

import numpy as np

from vid2pose3d.place.clean.limbs import ARMS, LEGS, move_end, off_line, turned
from vid2pose3d.skeleton import H36M17
from vid2pose3d.vectors import unit


@dataclass(frozen=True)
class _Hinge:
    limbs: tuple[tuple[int, ...], ...]
    across: list[int]
    """Right and left joint of the line across the body that the limbs hang from."""
    trunk: list[int]
    """Lower and upper end of the trunk there."""
    front: float
    """1 where the middle joint lies in front of the line from start to end, as knees do, -1 behind it, as elbows do."""
    inward: float
    outward: float
    """Degrees by which the limb's plane turns from there to the middle of the body and away from it."""
    lowered: bool
    """The limits hold only for limbs that hang: raised arms reach round the back of the head either way."""


# Widest of 99.9 % of the frames of varied motion capture in which the limb is bent by more than 20 degrees, and a rest.
_HINGES = (
    _Hinge(LEGS, H36M17.indices(("right_hip", "left_hip")), H36M17.indices(("pelvis", "spine")), 1.0,
           inward=50.0, outward=85.0, lowered=False),
    _Hinge(ARMS, H36M17.indices(("right_shoulder", "left_shoulder")), H36M17.indices(("spine", "thorax")), -1.0,
           inward=105.0, outward=140.0, lowered=True),
)
_MOST_BENT = 165.0
"""Degrees between upper and lower bone, 0 being straight: flesh is in the way of more."""
_RAISED = 0.3
"""Sine of the angle below the horizontal at which an arm begins to count as raised; at the horizontal it is."""


def within_limits(joints: np.ndarray) -> np.ndarray:
    """joints (N, 17, 3) metres with knees and elbows on the sides where they can be; all bones keep their lengths.

    Only the middle joints move, about the line from hip to ankle and from shoulder to wrist; hands and feet only where
    a limb is folded up further than it can be. A limb that lies within its limits is left alone, and one that crosses
    the opposite of its usual side, as a straight one may, does not jump: what is beyond a limit is folded back.
    """
    for hinge in _HINGES:
        for side, limb in enumerate(hinge.limbs):
            joints = _turned_back(_unfolded(joints, limb), limb, hinge, 1.0 if side == 0 else -1.0)
    return joints


def usual_side(joints: np.ndarray, limb: tuple[int, ...]) -> np.ndarray:
    """Unit vectors (N, 3) off the line from a limb's start to its end to where its middle joint usually is."""
    hinge = next(hinge for hinge in _HINGES if limb in hinge.limbs)
    return hinge.front * _frame(joints, limb, hinge)[1]


def _unfolded(joints: np.ndarray, limb: tuple[int, ...]) -> np.ndarray:
    start, middle, end = limb
    upper = np.linalg.norm(joints[:, middle] - joints[:, start], axis=-1)
    lower = np.linalg.norm(joints[:, end] - joints[:, middle], axis=-1)
    line = joints[:, end] - joints[:, start]
    length = np.linalg.norm(line, axis=-1)
    least = np.sqrt(upper**2 + lower**2 + 2 * upper * lower * np.cos(np.radians(_MOST_BENT)))
    short = length < least
    if not short.any():
        return joints
    target = joints[:, start] + unit(line) * np.maximum(length, least)[:, None]
    return np.where(short[:, None, None], move_end(joints, limb, target, usual=usual_side(joints, limb)),
                    joints)


def _turned_back(joints: np.ndarray, limb: tuple[int, ...], hinge: _Hinge, left: float) -> np.ndarray:
    """left: 1 for a left limb, -1 for a right one."""
    side, forward, axis, raised = _frame(joints, limb, hinge)
    aside = off_line(joints, limb)
    angle = np.arctan2(left * (aside * side).sum(axis=-1), hinge.front * (aside * forward).sum(axis=-1))
    low, high = np.radians(-hinge.inward), np.radians(hinge.outward)
    if hinge.lowered:
        share = np.clip(1 + raised / _RAISED, 0, 1)
        low, high = low - share * (np.pi + low), high + share * (np.pi - high)
    allowed = _folded(angle, low, high)
    beyond = np.abs(allowed - angle) > 1e-9
    if not beyond.any():
        return joints
    size = np.linalg.norm(aside, axis=-1, keepdims=True)
    back = size * (hinge.front * np.cos(allowed)[:, None] * forward + left * np.sin(allowed)[:, None] * side)
    moved = joints.copy()
    moved[beyond, limb[1]] += (back - aside)[beyond]
    return moved


def _frame(
    joints: np.ndarray, limb: tuple[int, ...], hinge: _Hinge
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The body's left and forward (N, 3), taken along with the limb from hanging, its axis, and cosine to the trunk."""
    left = unit(joints[:, hinge.across[1]] - joints[:, hinge.across[0]])
    up = joints[:, hinge.trunk[1]] - joints[:, hinge.trunk[0]]
    up = unit(up - (up * left).sum(axis=-1, keepdims=True) * left)
    axis = unit(joints[:, limb[2]] - joints[:, limb[0]])
    side = turned(left, -up, axis)
    return side, np.cross(axis, side), axis, (axis * up).sum(axis=-1)


def _folded(angle: np.ndarray, low: np.ndarray | float, high: np.ndarray | float) -> np.ndarray:
    """Angles (N,) within low..high: the arc beyond the limits is laid over the one between them, ends on ends."""
    middle, half = (np.asarray(high) + low) / 2, (np.asarray(high) - low) / 2
    off = np.angle(np.exp(1j * (angle - middle)))
    rest = np.maximum(np.pi - half, 1e-9)
    return middle + np.where(np.abs(off) <= half, off, np.sign(off) * half * (np.pi - np.abs(off)) / rest)
