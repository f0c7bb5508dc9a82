"""Which foot stands on the floor when."""

import numpy as np
from scipy.ndimage import minimum_filter1d

from vid2pose3d.place.smoothing import spans, speed
from vid2pose3d.skeleton import H36M17

FEET = H36M17.indices(("left_ankle", "right_ankle"))

_SLOW = 0.4
"""Metres per second across the line of sight; a foot in the air moves faster for most of its way."""
_LOW = 0.06
"""Metres above the lowest place that a foot has around that time."""
_AROUND = 0.75
"""Seconds before and after that count as around."""


def stance(joints: np.ndarray, times: np.ndarray, *, up: np.ndarray) -> np.ndarray:
    """How much each foot (N, 2), in the order of `FEET`, looks planted: 0..1.

    joints: (N, 17, 3) metres, absolute, camera frame; times: (N,) seconds; up: (3,) unit vector, camera frame. Speed
    is that across the line of sight, because depth is too uncertain to tell a still foot.
    """
    feet = joints[:, FEET]
    away = feet.mean(axis=(0, 1))
    away = away / np.linalg.norm(away)
    across = feet - (feet @ away)[..., None] * away
    moving = np.stack([speed(across[:, side], times) for side in range(len(FEET))], axis=1)
    height = feet @ up
    reach = 2 * int(round(_AROUND / np.median(spans(times)))) + 1
    lowest = minimum_filter1d(height.min(axis=1), reach, mode="nearest")
    return np.exp(-((moving / _SLOW) ** 2) - ((height - lowest[:, None]) / _LOW) ** 2)
