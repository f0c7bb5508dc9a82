"""Which part of a body rests on the floor when."""

import numpy as np
from scipy.ndimage import minimum_filter1d

from vid2pose3d.place.smoothing import speed, window
from vid2pose3d.skeleton import H36M17

CLEARANCE = {
    "left_ankle": 0.08, "right_ankle": 0.08, "left_knee": 0.06, "right_knee": 0.06, "left_wrist": 0.05,
    "right_wrist": 0.05, "left_elbow": 0.05, "right_elbow": 0.05, "pelvis": 0.12, "head": 0.05,
}
"""Metres from the floor to the joint of a body part that rests on it."""
SUPPORTS = H36M17.indices(tuple(CLEARANCE))
FEET = H36M17.indices(("left_ankle", "right_ankle"))

_SLOW = 0.4
"""Metres per second across the line of sight; a foot in the air moves faster for most of its way."""
_LOW = 0.06
"""Metres above the lowest place that any part of the body has around that time."""
_AROUND = 0.75
"""Seconds before and after that count as around."""


def stance(joints: np.ndarray, times: np.ndarray, *, up: np.ndarray) -> np.ndarray:
    """How much each of the `SUPPORTS` (N, S), the feet first, looks planted: 0..1.

    joints: (N, 17, 3) metres, absolute, camera frame; times: (N,) seconds; up: (3,) unit vector, camera frame. Speed
    is that across the line of sight, because depth is too uncertain to tell a still foot.
    """
    parts = joints[:, SUPPORTS]
    away = parts.mean(axis=(0, 1))
    away = away / np.linalg.norm(away)
    across = parts - (parts @ away)[..., None] * away
    moving = np.stack([speed(across[:, part], times) for part in range(len(SUPPORTS))], axis=1)
    bottom = bottoms(joints, up=up)
    lowest = minimum_filter1d(bottom.min(axis=1), window(_AROUND, times), mode="nearest")
    return np.exp(-((moving / _SLOW) ** 2) - ((bottom - lowest[:, None]) / _LOW) ** 2)


def bottoms(joints: np.ndarray, *, up: np.ndarray) -> np.ndarray:
    """Height (N, S) metres along `up` of the underside of each of the `SUPPORTS`."""
    return joints[:, SUPPORTS] @ up - np.array(list(CLEARANCE.values()))


def stretches(marked: np.ndarray) -> list[tuple[int, int]]:
    """First and last row of each stretch of rows where marked (N,) is True."""
    edges = np.diff(np.concatenate([[False], np.asarray(marked, dtype=bool), [False]]).astype(int))
    return list(zip(np.flatnonzero(edges == 1).tolist(), (np.flatnonzero(edges == -1) - 1).tolist(), strict=True))
