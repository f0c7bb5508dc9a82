"""Windows over a track of any length: cut at holes, put on a regular grid, blended back without seams."""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import make_interp_spline

from vid2pose3d.lift.unseen import bridged, guessed
from vid2pose3d.motion import Person2D
from vid2pose3d.skeleton import H36M17

_LONGEST_HOLE = 1.0
"""Seconds without a frame over which one motion still goes on."""


@dataclass(frozen=True)
class Stretch:
    """A part of a track without long holes, on a regular grid of times."""

    rows: slice
    """Frames of the track that it covers."""
    times: np.ndarray
    """(N,) seconds of those frames after the first."""
    grid: np.ndarray
    """(M,) seconds of the grid."""
    xy: np.ndarray
    """(M, J, 2) pixels, NaN where the joint cannot be known."""
    confidence: np.ndarray
    """(M, J) 0..1, 0 where unknown."""


def stretches(person: Person2D, fps: float) -> list[Stretch]:
    """Cut a track at its long holes and resample each part linearly to `fps`.

    A joint that is unknown in some frames of a part lies there between the frames that know it, and a Human3.6M joint
    that none knows where the trunk suggests, with little confidence.
    """
    ends = np.flatnonzero(np.diff(person.times) > _LONGEST_HOLE) + 1
    bounds = [0, *ends.tolist(), len(person)]
    return [_stretch(person, slice(first, last), fps)
            for first, last in zip(bounds, bounds[1:], strict=False) if last > first]


def _stretch(person: Person2D, rows: slice, fps: float) -> Stretch:
    times = person.times[rows] - person.times[rows.start]
    grid = np.arange(int(np.ceil(times[-1] * fps - 1e-6)) + 1) / fps
    right = np.searchsorted(times, grid).clip(1, max(len(times) - 1, 1))
    left, right = right - 1, np.minimum(right, len(times) - 1)
    share = ((grid - times[left]) / np.maximum(times[right] - times[left], 1e-9)).clip(0, 1)
    known_xy, known_confidence = bridged(times, person.xy[rows], person.confidence[rows])
    if person.joint_set.name == H36M17.name:
        known_xy, known_confidence = guessed(known_xy, known_confidence)
    xy = _mix(known_xy[left], known_xy[right], share)
    confidence = _mix(known_confidence[left], known_confidence[right], share)
    return Stretch(rows, times, grid, xy, np.where(np.isfinite(xy).all(-1), confidence, 0.0))


def _mix(left: np.ndarray, right: np.ndarray, share: np.ndarray) -> np.ndarray:
    share = share.reshape(-1, *[1] * (left.ndim - 1))
    mixed = (1 - share) * left + share * right
    return np.where(share == 0, left, np.where(share == 1, right, mixed))  # 0 * NaN would spread holes


def window_frames(count: int, frames: int) -> np.ndarray:
    """Grid indices (W, F) of windows that overlap by half; the last one ends with the grid.

    A grid shorter than a window is continued by its last frame.
    """
    last = max(count - frames, 0)
    starts = np.arange(0, last, max(frames // 2, 1))
    return np.minimum(np.append(starts, last)[:, None] + np.arange(frames), count - 1)


class Blend:
    """Weighted sum of overlapping windows; a window counts most in its middle, where it knows both sides."""

    def __init__(self, count: int, shape: tuple[int, ...], frames: int) -> None:
        self._sum = np.zeros((count, *shape))
        self._weight = np.zeros(count)
        self._shape = np.minimum(np.arange(1, frames + 1), np.arange(frames, 0, -1)).astype(float)

    def add(self, index: np.ndarray, values: np.ndarray) -> None:
        """index: (W, F) grid indices; values: (W, F, J, C)."""
        weights = np.broadcast_to(self._shape, index.shape)
        np.add.at(self._sum, index, weights[..., None, None] * values)
        np.add.at(self._weight, index, weights)

    def result(self) -> np.ndarray:
        """(M, J, C)."""
        return self._sum / self._weight[:, None, None]


def resample(grid: np.ndarray, values: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Values (M, ...) on a regular grid at other times (N,), by a cubic spline where the grid has enough frames."""
    if len(grid) == 1:
        return np.repeat(values, len(times), axis=0)
    return make_interp_spline(grid, values, k=3 if len(grid) > 3 else 1)(times)
