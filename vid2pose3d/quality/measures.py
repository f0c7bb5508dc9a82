"""Measures of one motion: jitter, foot slide, bone lengths, gaps. All take arrays and no truth."""

import numpy as np

from vid2pose3d.place.contact import stretches
from vid2pose3d.skeleton import H36M17

_HOLE = 1.5
"""Usual steps between frames above which frames do not follow each other."""
_SHORTEST_CONTACT = 0.1
"""Seconds."""
_FIRST_STEPS = 0.5
"""Seconds at an end of a track that tell where it came from or goes."""
_ON_ITS_WAY = 1.0
"""Seconds within which somebody who was beyond the edge is found, or somebody who goes there is lost."""


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


def by_the_edge(boxes: np.ndarray, times: np.ndarray, width: int, height: int) -> bool:
    """True where somebody whose track begins with boxes (N, 4) x0 y0 x1 y1 pixels came in by the picture's edge.

    That is where the first box touches the edge, or would have done so at its own speed a second before. Touching top
    or bottom counts only for who mostly does not. times: (N,) seconds; with both reversed it tells who went out.
    """
    near = np.abs(times - times[0]) <= _FIRST_STEPS
    offsets = times[near] - times[0]
    speed = np.zeros(4)
    if len(offsets) > 2:
        speed = np.polyfit(offsets, boxes[near], 1)[0].reshape(2, 2).mean(axis=0)[[0, 1, 0, 1]]
    before = boxes[0] - np.copysign(_ON_ITS_WAY, times[-1] - times[0]) * speed
    touches = [_touches(box, width, height) for box in (boxes[0], before)]
    usually = np.mean([_touches(box, width, height) for box in boxes], axis=0) > 0.5
    return bool((np.any(touches, axis=0) & ~(usually & [False, True])).any())


def _touches(box: np.ndarray, width: int, height: int) -> np.ndarray:
    """(2,) whether a box comes within a hundredth of the picture's longer side to a side, and to top or bottom."""
    rim = 0.01 * max(width, height)
    x0, y0, x1, y1 = box
    return np.array([x0 < rim or x1 > width - rim, y0 < rim or y1 > height - rim])
