"""The focal length that a camera's turning shows: with another one its views would not be turns of each other."""

from dataclasses import dataclass

import numpy as np

from vid2pose3d.camera_motion.background import Background, View
from vid2pose3d.camera_motion.turning import turn_between

_RANGE = 2.0
"""Times longer or shorter than the guess."""
_STEPS = 17
_VIEWS = 24
"""Most views that are looked at: those farthest from their key frames, one of every key frame first."""
_ALIKE = 10.0
"""How many views err in the same way, because they look back at the same points of the same key frame."""
_SURE = 0.15
"""Largest error, as a share of the focal length, with which it is worth more than the guess."""
_EXPLAINED = 0.85
"""Share of the points that turns must explain, in the median of the views, or the camera travels."""


@dataclass(frozen=True)
class FocalLength:
    """Pixels, and the standard deviation of its error as a share of it."""

    pixels: float
    error: float


def focal_from_turning(background: Background, intrinsics: np.ndarray) -> FocalLength | None:
    """The focal length of a turning camera, searched for within twice and half the guess in `intrinsics`.

    None where the camera does not turn, or too little to tell. It rests on the pinhole camera: a lens that distorts
    shifts it.
    """
    views = _chosen(background)
    if not views:
        return None
    guess = float(intrinsics[0, 0])
    logs = np.linspace(-np.log(_RANGE), np.log(_RANGE), _STEPS)
    costs, points, supports = np.zeros(_STEPS), 0, []
    for view in views:
        before = background.keys[view.key].points[view.rows]
        fits = [turn_between(before, view.points, _with_focal(intrinsics, guess * np.exp(log)), noise=background.noise)
                for log in logs]
        costs += [fit.cost for fit in fits]
        supports.append([fit.support for fit in fits])
        points += len(before)
    best = int(costs.argmin())
    if best in (0, _STEPS - 1) or np.median(supports, axis=0)[best] < _EXPLAINED:
        return None
    bend = (costs[best - 1] - 2 * costs[best] + costs[best + 1]) / (logs[1] - logs[0]) ** 2
    slope = (costs[best + 1] - costs[best - 1]) / (2 * (logs[1] - logs[0]))
    if bend <= 0:
        return None
    error = float(np.sqrt(2 * _ALIKE * costs[best] / points / bend))
    return FocalLength(guess * float(np.exp(logs[best] - slope / bend)), error) if error <= _SURE else None


def _chosen(background: Background) -> list[View]:
    """The views farthest from their key frames: by turns the farthest, second farthest, ... of every key frame."""
    ways: dict[int, list[tuple[float, int, View]]] = {}
    for number, view in enumerate(background.views):
        if view is not None and not view.still:
            way = view.points - background.keys[view.key].points[view.rows]
            far = float(np.median(np.linalg.norm(way, axis=1)))
            ways.setdefault(view.key, []).append((far, number, view))
    ranked = [(rank, -far, number, view) for of_key in ways.values()
              for rank, (far, number, view) in enumerate(sorted(of_key, key=lambda entry: -entry[0]))]
    return [view for *_, view in sorted(ranked, key=lambda entry: entry[:3])[:_VIEWS]]


def _with_focal(intrinsics: np.ndarray, focal: float) -> np.ndarray:
    changed = intrinsics.copy()
    changed[[0, 1], [0, 1]] *= focal / intrinsics[0, 0]
    return changed
