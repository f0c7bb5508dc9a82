"""The focal length that a camera's turning shows: with another one its views would not be turns of each other."""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter1d

from vid2pose3d.camera import ASSUMED_FOCAL_ERROR, scale_focal
from vid2pose3d.camera_motion.background import Background, View
from vid2pose3d.camera_motion.turning import Turn, turn_between

_LOGS = np.linspace(-np.log(2.0), np.log(2.0), 17)
"""Logarithms of the focal length over the assumed one that are tried."""
_FINE = np.linspace(_LOGS[0], _LOGS[-1], 401)
_VIEWS = 24
"""Most views that are looked at: those farthest from their key frames, one of every key frame first."""
_ALIKE = 10.0
"""How many views err in the same way, because they look back at the same points of the same key frame."""
_SHARPEST = 0.1
"""Share of the usual noise below which no view's points are believed to lie."""
_LEAST_ERROR = 0.05
"""Standard deviation of the logarithm that no agreement takes away: lenses that distort a little."""
_UNEXPLAINED = 4.0
"""How much of it comes from points that turns do not explain, times their share beyond `_STRAY`: the camera may travel.
Both were set on made-up rooms and on turns made from clips of cameras at rest."""
_STRAY = 0.08
"""Share of the points that are found in a wrong place, or move on their own, also where the camera only turns."""
_LITTLE = 0.25
"""Standard deviation from which nothing more is known than the guess."""


@dataclass(frozen=True)
class FocalLength:
    """Pixels, and the standard deviation of its error as a share of it."""

    pixels: float
    error: float


def focal_from_turning(background: Background, intrinsics: np.ndarray) -> FocalLength | None:
    """The focal length of a turning camera, the mean of the assumed one in `intrinsics` and what turns say.

    Each weighs by its error: that of turns falls with how far the camera turns, and grows where they explain the views
    badly. None where they say next to nothing. It rests on the pinhole camera: a lens that distorts shifts it.
    """
    views = _chosen(background)
    if not views:
        return None
    fits = [[_turn(background, view, scale_focal(intrinsics, np.exp(log))) for log in _LOGS] for view in views]
    costs = np.array([[fit.cost for fit in of_view] for of_view in fits])
    # Each view has its own noise: of some the background passes out of sight, is blurred, or found in a wrong place.
    points = np.array([[len(view.rows)] for view in views])
    costs /= np.maximum(costs.min(axis=1, keepdims=True) / points, (_SHARPEST * background.noise) ** 2)
    error = np.hypot(_LEAST_ERROR, _UNEXPLAINED * max(1 - _STRAY - _explained(costs, fits), 0.0))
    cost = CubicSpline(_LOGS, costs.sum(axis=0))(_FINE) / _ALIKE
    likely = gaussian_filter1d(np.exp((cost.min() - cost) / 2), error / (_FINE[1] - _FINE[0]), mode="constant")
    likely *= np.exp(-((_FINE / ASSUMED_FOCAL_ERROR) ** 2) / 2)
    likely /= likely.sum()
    mean = float(likely @ _FINE)
    spread = float(np.sqrt(likely @ (_FINE - mean) ** 2))
    return FocalLength(float(intrinsics[0, 0] * np.exp(mean)), spread) if spread < _LITTLE else None


def _explained(costs: np.ndarray, fits: list[list[Turn]]) -> float:
    """Share of the points that turns explain with the best focal length, views (V, S) by what they tell about it."""
    best = int(costs.sum(axis=0)[1:-1].argmin()) + 1
    tells = np.maximum(costs[:, best - 1] - 2 * costs[:, best] + costs[:, best + 1], 0.0)
    support = [of_view[best].support * (of_view[best].growth == 1) for of_view in fits]
    return float(tells @ support / max(tells.sum(), 1e-9))


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


def _turn(background: Background, view: View, intrinsics: np.ndarray) -> Turn:
    before = background.keys[view.key].points[view.rows]
    return turn_between(before, view.points, intrinsics, noise=background.noise)
