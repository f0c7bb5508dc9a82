"""How long the unit of a camera's way is: feet that stand on the floor do not move."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_LAG = 0.1
"""Seconds over which speeds are measured."""
_STANDS = 0.3
"""Metres per second at which a foot counts half as standing."""
_ALONG = 0.4
"""Weight of the direction along the line of sight, in which a foot's place is less certain."""
_FASTEST = 6.0
"""Metres per second of a camera."""
_SLOWEST = 0.05
_STEPS = 120
_OFF = 1.5
"""Times too long or too short: then feet must be seen to glide clearly more, or they tell nothing."""
_MORE = 0.04
_MOST = 0.7
"""Share of the time that no foot stands, with the best unit, up to which it is believed."""
_LEAST = 0.7
"""Seconds of steps that are needed."""


@dataclass(frozen=True)
class Steps:
    """One person's feet and the camera in N frames."""

    times: np.ndarray
    """(N,) seconds."""
    feet: np.ndarray
    """(N, 2, 3) metres from the camera, axes of the world."""
    camera: np.ndarray
    """(N, 3) the camera's place in its own unit, same axes."""


def scale_from_feet(people: Sequence[Steps]) -> float | None:
    """Metres per unit of the camera's way, with which most often one foot stands; None where the feet do not tell.

    With a wrong unit feet glide, with the camera or against it. Nobody is asked which foot stands when: in every moment
    the slower one counts, and a moment without a standing foot (a jump) counts the same with every unit.
    """
    feet, camera, spans = (np.concatenate(parts) for parts in zip(*map(_changes, people), strict=True)) if people else (
        np.zeros((0, 2, 3)), np.zeros((0, 3)), np.zeros(0))
    if spans.sum() < _LEAST:
        return None
    fast = float(np.quantile(np.linalg.norm(camera, axis=1), 0.9))
    if fast < 1e-9:
        return None
    logs = np.linspace(np.log(_SLOWEST / fast), np.log(_FASTEST / fast), _STEPS)
    costs = np.array([_gliding(feet, camera, np.exp(log)) for log in logs])
    best = int(costs.argmin())
    aside = int(np.ceil(np.log(_OFF) / (logs[1] - logs[0])))
    if best < aside or best >= _STEPS - aside or costs[best] > _MOST:
        return None
    if min(costs[best - aside], costs[best + aside]) < costs[best] + _MORE:
        return None
    around = slice(best - 2, best + 3)
    bend, slope, _ = np.polyfit(logs[around] - logs[best], costs[around], 2)
    shift = np.clip(-slope / (2 * bend), logs[0] - logs[2], logs[2] - logs[0]) if bend > 0 else 0.0
    return float(np.exp(logs[best] + shift))


def _changes(steps: Steps) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Velocities (M, 2, 3) of the feet and (M, 3) of the camera, those along the line of sight less, and times (M,)."""
    times = steps.times
    if len(times) < 2:
        return np.zeros((0, 2, 3)), np.zeros((0, 3)), np.zeros(0)
    frame = float(np.median(np.diff(times)))
    lag = min(max(1, round(_LAG / frame)), len(times) - 1)
    span = times[lag:] - times[:-lag]
    near = span < 2 * max(_LAG, frame)
    sight = steps.feet.mean(axis=1)
    sight /= np.maximum(np.linalg.norm(sight, axis=1, keepdims=True), 1e-9)
    sight = sight[:-lag]
    less = np.eye(3) - (1 - _ALONG) * sight[:, :, None] * sight[:, None]
    feet = np.einsum("nij,nkj->nki", less, (steps.feet[lag:] - steps.feet[:-lag]) / span[:, None, None])
    camera = np.einsum("nij,nj->ni", less, (steps.camera[lag:] - steps.camera[:-lag]) / span[:, None])
    return feet[near], camera[near], np.full(int(near.sum()), frame)


def _gliding(feet: np.ndarray, camera: np.ndarray, scale: float) -> float:
    """Share of the time (softly counted) that no foot stands."""
    speed = np.linalg.norm(feet + scale * camera[:, None], axis=2).min(axis=1)
    return float((speed**2 / (speed**2 + _STANDS**2)).mean())
