"""Repair of poses: joints that leap away for a moment, and short stretches in which they were not seen."""

import numpy as np

from vid2pose3d.place.contact import stretches
from vid2pose3d.place.smoothing import HOLE, smooth, steps

_LONGEST_LEAP = 0.15
"""Seconds within which a joint that leapt away is back; later it is where it is."""
_FASTEST = 250.0
"""Metres per second squared, relative to the pelvis: wrists and ankles of fast motion stay below it."""
_NOISE = 0.05
"""Metres that a joint may be off because of noise."""
_LONGEST_GAP = 0.35
"""Seconds without sight of a joint that are better bridged than guessed."""

_CUTOFF = 5.0
"""Hertz of the path that takes the place of what is replaced."""
_NOTHING = 1e-6


def repaired(joints: np.ndarray, times: np.ndarray, *, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Root-relative joints (N, 17, 3) metres without leaps and short gaps, and (N, 17) True where they were replaced.

    times: (N,) seconds; seen: (N, 17) True where the joint was seen. What is replaced takes the smooth path that leads
    on from the frames before and after. Nothing is done across a second without frames, nor at the ends of a track.
    """
    marks = _short(~seen, times)
    for joint in range(joints.shape[1]):
        marks[:, joint] |= _leaps(joints[:, joint], times)
    fixed, cutoff = joints.copy(), np.full(len(times), _CUTOFF)
    for joint in np.flatnonzero(marks.any(axis=0)).tolist():
        bad = marks[:, joint]
        path = smooth(joints[:, joint], times, weights=np.where(bad, _NOTHING, 1.0), cutoff=cutoff)
        fixed[bad, joint] = path[bad]
    return fixed, marks


def _leaps(path: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(N,) True in stretches whose every frame is further off the line between their neighbours than motion can be.

    Between two points `before` and `after` seconds away, an acceleration of at most a strays from the straight line by
    a / 2 x before x after. The stretch that strays most goes first, because it makes its neighbours stray. At an end
    nobody can tell which of two frames leapt.
    """
    found = np.zeros(len(times), dtype=bool)
    longest = max(1, int(_LONGEST_LEAP / np.median(steps(times)))) if len(times) > 1 else 0
    strays = []
    for length in range(1, longest + 1):
        first = np.arange(2, len(times) - length - 1)
        last = first + length
        excess = np.where(times[np.minimum(last + 1, len(times) - 1)] - times[first - 2] < HOLE, np.inf, 0.0)
        for row in range(length):
            inside = first + row
            before, after = times[inside] - times[first - 1], times[last] - times[inside]
            share = (before / (before + after))[:, None]
            off = np.linalg.norm(path[inside] - (1 - share) * path[first - 1] - share * path[last], axis=-1)
            excess = np.minimum(excess, off - _FASTEST / 2 * before * after - _NOISE)
        strays += [(excess[row], first[row], last[row]) for row in np.flatnonzero(excess > 0)]
    for _, begin, end in sorted(strays, reverse=True):
        if not found[begin - 1:end + 1].any():
            found[begin:end] = True
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
