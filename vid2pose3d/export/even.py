"""A person's motion at an even frame rate, for files that know no time stamps."""

import numpy as np

from vid2pose3d.motion import Motion3D

_SAME_TIME = 0.1
"""Part of a frame by which a time stamp may be off the uniform grid and still count as on it."""


def ticks(times: np.ndarray, fps: float) -> np.ndarray:
    """Times (N,) seconds in frames since the first, on whole numbers where they are as good as on them."""
    exact = (times - times[0]) * fps
    snapped = np.where(np.abs(exact - np.round(exact)) < _SAME_TIME, np.round(exact), exact)
    return snapped if (np.diff(snapped) > 0).all() else exact


def even_grid(at: np.ndarray) -> np.ndarray:
    """Frame numbers (M,) 0, 1, ... from the first of the ticks to the last."""
    return np.arange(round(at[-1]) + 1)


def even_joints(motion: Motion3D, fps: float) -> np.ndarray:
    """World joints (M, 17, 3) metres, `fps` frames a second from the person's first frame to the last.

    Between neighbouring frames of the clip they are interpolated linearly; NaN where frames are missing between two
    known ones, or where a joint is.
    """
    at = ticks(motion.person.times, fps)
    grid = np.clip(even_grid(at), 0, at[-1])
    before = np.searchsorted(at, grid, side="right") - 1
    after = np.minimum(before + 1, len(at) - 1)
    joints = np.asarray(motion.joints_world, dtype=float)
    part = (grid - at[before]) / np.where(after > before, at[after] - at[before], 1.0)
    between = joints[before] + part[:, None, None] * (joints[after] - joints[before])
    between[motion.person.frames[after] - motion.person.frames[before] > 1] = np.nan
    return np.where((part == 0)[:, None, None], joints[before], between)
