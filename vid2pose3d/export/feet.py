"""How feet are turned, of which the 17 joints know nothing: flat where they stand, and never through the floor."""

import numpy as np
from scipy.ndimage import minimum_filter1d, uniform_filter1d
from scipy.spatial.transform import Rotation

from vid2pose3d.vectors import unit

TIP = (0.0, -0.07, 0.14)
"""From the ankle to the toes at rest, metres."""
_STANDING = 0.08
"""Metres over the ground at which the ankle of a standing foot is."""
_FLAT, _FREE = 0.1, 0.22
"""Metres over the ground up to which a foot is flat, and from which it goes with the shin."""
_LYING, _UPRIGHT = 0.3, 0.7
"""Height of the shin over its length up to which it counts as lying, and from which as upright."""
_FURTHEST = np.radians(50)
"""That an ankle bends either way."""
_STEADY = 0.5
"""Sine of the angle to the lowest direction from which toes are lifted all the way."""
_AROUND = 1.0
"""Seconds before and after in which the lower ankle is taken to touch the ground at least once."""


def ground_under(left: np.ndarray, right: np.ndarray, *, fps: float) -> np.ndarray:
    """Height (N,) of the ground that somebody moves on, from ankles (N, 3) each, metres, y up."""
    lowest = np.minimum(left[:, 1], right[:, 1])
    reach = 2 * round(_AROUND * fps) + 1
    under: np.ndarray = minimum_filter1d(lowest, reach, mode="nearest")
    return uniform_filter1d(under, reach // 2 + 1, mode="nearest") - _STANDING


def foot_rotations(shin: np.ndarray, ankle: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """Rotations (N, 3, 3) of a foot in its shin's frame.

    shin: (N, 3, 3) of the shin in the world, with its y axis up along it and z forward. ankle: (N, 3) metres, y up.
    ground: (N,) its height. Low feet under upright shins are flat, high ones at a right angle to the shin, and toes
    that would be under the ground are lifted to it as far as an ankle bends.
    """
    height = ankle[:, 1] - ground
    share = _falls(height, _FLAT, _FREE) * (1 - _falls(shin[:, 1, 1], _LYING, _UPRIGHT))
    local = _limited(np.swapaxes(shin, 1, 2) @ _flat(shin), share)
    return _limited(local @ _lifted(shin @ local, height), np.ones(len(shin)))


def _limited(rotations: np.ndarray, share: np.ndarray) -> np.ndarray:
    """A share (N,) of each rotation (N, 3, 3), as far as an ankle bends."""
    vectors = Rotation.from_matrix(rotations).as_rotvec() * share[:, None]
    angle = np.linalg.norm(vectors, axis=1, keepdims=True)
    limited: np.ndarray = Rotation.from_rotvec(vectors * np.minimum(1, _FURTHEST / np.maximum(angle, 1e-9))).as_matrix()
    return limited


def _flat(shin: np.ndarray) -> np.ndarray:
    """Frames (N, 3, 3) with y upright that look where the shins do."""
    upright = np.broadcast_to([0.0, 1.0, 0.0], shin[:, :, 2].shape)
    across = unit(np.cross(upright, shin[:, :, 2]))
    return np.stack([across, upright, np.cross(across, upright)], axis=-1)


def _lifted(foot: np.ndarray, height: np.ndarray) -> np.ndarray:
    """Rotations (N, 3, 3) about the feet's own x axis that lift toes to the ground, `height` (N,) under the ankle."""
    _, down, forward = TIP
    along = down * foot[:, 1, 1] + forward * foot[:, 1, 2]
    across = forward * foot[:, 1, 1] - down * foot[:, 1, 2]
    # The toes' height over the ankle, turned up by a, is along cos a + across sin a.
    lowest = np.arctan2(across, along)
    missing = np.abs(lowest) - np.arccos(np.clip(-height / np.maximum(np.hypot(along, across), 1e-9), -1, 1))
    # Toes that point straight down would have to leap from one way up to the other.
    angle = np.sin(lowest) * np.clip(missing, 0, _FURTHEST) / np.maximum(np.abs(np.sin(lowest)), _STEADY)
    angle = np.where(along < -height, angle, 0)
    return Rotation.from_rotvec(-angle[:, None] * [1.0, 0.0, 0.0]).as_matrix()


def _falls(values: np.ndarray, high: float, low: float) -> np.ndarray:
    """1 up to `high`, 0 from `low`, smooth between."""
    part = np.clip((values - high) / (low - high), 0, 1)
    return 1 - part**2 * (3 - 2 * part)
