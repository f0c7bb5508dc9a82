"""Measures of one motion: jitter, foot slide, bone lengths, gaps. All take arrays and no truth."""

import numpy as np

from vid2pose3d.place.contact import stretches
from vid2pose3d.skeleton import H36M17

_HOLE = 1.5
"""Usual steps between frames above which frames do not follow each other."""
_SHORTEST_CONTACT = 0.1
"""Seconds."""


def jitter(joints: np.ndarray, times: np.ndarray) -> float | None:
    """Mean length of the third derivative by time of joints (N, J, 3) metres, in 10 m/s^3; None where N is too short.

    times: (N,) seconds, strictly increasing; derivatives are divided differences over four frames that follow each
    other. At an even rate this is the mean third difference x fps^3 / 10 (WHAM, CVPR 2024).
    """
    if len(times) < 4:
        return None
    slope = np.asarray(joints, dtype=float)
    for order in (1, 2, 3):
        slope = order * np.diff(slope, axis=0) / (times[order:] - times[:-order])[:, None, None]
    step = np.diff(times)
    close = step <= _HOLE * np.median(step)
    whole = close[:-2] & close[1:-1] & close[2:]
    lengths = np.linalg.norm(slope[whole], axis=-1)
    return float(lengths.mean()) / 10 if lengths.size else None


def foot_slides(foot: np.ndarray, planted: np.ndarray, times: np.ndarray) -> list[float]:
    """How far the foot gets, level, from where it came down, metres: one number for each contact.

    foot: (N, 3) metres, y up. planted: (N,) True where it stands. times: (N,) seconds. Contacts shorter than 0.1 s do
    not count.
    """
    level = foot[:, [0, 2]]
    return [
        float(np.linalg.norm(level[first:last + 1] - level[first], axis=-1).max())
        for first, last in stretches(planted)
        if times[last] - times[first] >= _SHORTEST_CONTACT
    ]


def bone_spread(joints: np.ndarray) -> np.ndarray:
    """Standard deviation over mean of each bone's length (16,), in the order of `H36M17.bones`.

    joints: (N, 17, 3) metres.
    """
    parents, children = np.array(H36M17.bones).T
    lengths = np.linalg.norm(joints[:, children] - joints[:, parents], axis=-1)
    return lengths.std(axis=0) / np.maximum(lengths.mean(axis=0), 1e-9)


def outside(xy: np.ndarray, *, width: int, height: int, rim: float) -> np.ndarray:
    """(N,) True where a joint of xy (N, J, 2) pixels lies outside the picture or within `rim` pixels of its edge."""
    beyond: np.ndarray = (xy < rim) | (xy > np.array([width, height]) - rim)
    return np.asarray(beyond.any(axis=(-2, -1)))


