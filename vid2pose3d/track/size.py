"""How large a person is in the picture."""

import numpy as np
from scipy.ndimage import median_filter

from vid2pose3d.motion import Person2D

_LIMBS = [f"{side}_{joint}" for side in ("left", "right")
          for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")]
_AROUND = 0.5
"""Seconds before and after over which the median is taken."""


def sizes(person: Person2D) -> np.ndarray:
    """(N,) pixels: the longer side of the box of the limbs' joints, smoothed over time."""
    limbs = person.xy[:, person.joint_set.indices(_LIMBS)]
    extent = (np.fmax.reduce(limbs, axis=1) - np.fmin.reduce(limbs, axis=1)).max(axis=-1)
    known = np.isfinite(extent)
    size = np.where(known, extent, np.median(extent[known]) if known.any() else 1.0)
    step = float(np.median(np.diff(person.times))) if len(person) > 1 else 1.0
    width = min(2 * round(_AROUND / step) + 1, 2 * len(size) - 1)
    return np.asarray(median_filter(size, width, mode="nearest").clip(1e-6))
