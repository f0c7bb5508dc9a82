"""Repair of poses: joints that leap away for a moment, and short stretches in which they were not seen."""

import numpy as np
from scipy.interpolate import PchipInterpolator

from vid2pose3d.place.contact import stretches
from vid2pose3d.place.smoothing import HOLE, steps

_LONGEST_LEAP = 0.15
"""Seconds within which a joint that leapt away is back; later it is where it is."""
_FASTEST = 250.0
"""Metres per second squared, relative to the pelvis: wrists and ankles of fast motion stay below it."""
_NOISE = 0.05
"""Metres that a joint may be off because of noise."""
_LONGEST_GAP = 0.35
"""Seconds without sight of a joint that are better bridged than guessed."""


def repaired(joints: np.ndarray, times: np.ndarray, *, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Root-relative joints (N, 17, 3) metres without leaps and short gaps, and (N, 17) True where they were replaced.

    times: (N,) seconds; seen: (N, 17) True where the joint was seen. What is replaced is interpolated by monotone
    cubics (Fritsch and Carlson 1980), which do not overshoot, from the frames before and after. Nothing is done across
    a second without frames, nor at the ends of a track.
    """
    marks = _short(~seen, times)
    for joint in range(joints.shape[1]):
        marks[:, joint] |= _leaps(joints[:, joint], times)
    fixed = joints.copy()
    for joint in np.flatnonzero(marks.any(axis=0)).tolist():
        bad = marks[:, joint]
        fixed[bad, joint] = PchipInterpolator(times[~bad], joints[~bad, joint])(times[bad])
    return fixed, marks


def _leaps(path: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(N,) True in stretches whose every frame is further off the line between their neighbours than motion can be.

    Between two points `before` and `after` seconds away, an acceleration of at most a strays from the straight line by
    a / 2 x before x after.
    """
    found = np.zeros(len(times), dtype=bool)
    if len(times) < 3:
        return found
    longest = int(_LONGEST_LEAP / np.median(steps(times)))
    for length in range(1, max(longest, 1) + 1):
        first = np.arange(1, len(times) - length)
        last = first + length
        gone = np.ones(len(first), dtype=bool)
        for row in range(length):
            inside = first + row
            before, after = times[inside] - times[first - 1], times[last] - times[inside]
            share = (before / (before + after))[:, None]
            off = np.linalg.norm(path[inside] - (1 - share) * path[first - 1] - share * path[last], axis=-1)
            gone &= off > _FASTEST / 2 * before * after + _NOISE
        gone &= (times[last] - times[first - 1] < HOLE) & ~found[first - 1] & ~found[last]
        for begin in first[gone]:
            found[begin:begin + length] = True
    return found


def _short(unseen: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(N, J) True in the stretches of `unseen` that are short and have sight before and after."""
    short = np.zeros_like(unseen)
    for joint in range(unseen.shape[1]):
        for first, last in stretches(unseen[:, joint]):
            inside = first > 0 and last < len(times) - 1
            if inside and times[last + 1] - times[first - 1] <= _LONGEST_GAP:
                short[first:last + 1, joint] = True
    return short
