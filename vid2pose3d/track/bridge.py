"""Short gaps in a track are bridged by interpolation and marked; long ones stay holes."""

import numpy as np
from scipy.interpolate import CubicHermiteSpline

from vid2pose3d.motion import Person2D
from vid2pose3d.skeleton import JointSet
from vid2pose3d.track.tracklet import Table, Tracklet

LONGEST = 1.0
"""Seconds between two sights up to which the frames between them are filled in."""
_CONFIDENCE = 0.3
"""Share of the neighbouring sights' confidence that a bridged joint keeps."""
_FIT = 0.2
"""Seconds on either side of a gap from which the velocities at its ends are taken."""


def bridged_person(
    track: Tracklet, number: int, joint_set: JointSet, frames: list[int], times: list[float]
) -> Person2D:
    """The track as a Person2D with id `number`.

    frames, times: number and stamp (seconds) of every frame that the tracker was shown; the track's steps
    index them.
    """
    table = track.table()
    steps, xy = [table.steps], [table.xy]
    confidence, bbox = [table.confidence], [table.bbox]
    for left in np.flatnonzero((np.diff(table.steps) > 1) & (np.diff(table.times) <= LONGEST + 1e-6)):
        missing = np.arange(table.steps[left] + 1, table.steps[left + 1])
        filled = _fill(table, int(left), np.array(times)[missing])
        for parts, part in zip((steps, xy, confidence, bbox), (missing, *filled), strict=True):
            parts.append(part)
    all_steps = np.concatenate(steps)
    order = np.argsort(all_steps)
    bridged = np.arange(len(all_steps)) >= len(table.steps)
    return Person2D(
        id=number,
        joint_set=joint_set,
        frames=np.array(frames, dtype=int)[all_steps[order]],
        times=np.array(times, dtype=float)[all_steps[order]],
        xy=np.concatenate(xy)[order].astype(float),
        confidence=np.concatenate(confidence)[order].astype(float),
        bbox=np.concatenate(bbox)[order].astype(float),
        interpolated=bridged[order],
    )


def _fill(table: Table, left: int, times: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Joints (M, J, 2), confidence (M, J) and box (M, 4) at `times` between sights `left` and `left + 1`."""
    corners = np.concatenate([table.xy, table.bbox.reshape(-1, 2, 2)], axis=1)
    before = slice(None, left + 1)
    after = slice(left + 1, None)
    ends = table.times[[left, left + 1]]
    points = corners[[left, left + 1]]
    steady = (points[1] - points[0]) / (ends[1] - ends[0])
    speeds = np.stack(
        [
            _velocity(table.times[part] - end, corners[part], steady)
            for part, end in ((before, ends[0]), (after, ends[1]))
        ]
    )
    filled = CubicHermiteSpline(ends, np.nan_to_num(points), np.nan_to_num(speeds), axis=0)(times)
    known = np.isfinite(points).all(axis=(0, 2))
    filled[:, ~known] = np.nan
    around = np.minimum(table.confidence[left], table.confidence[left + 1])
    confidence = np.where(known[:-2], _CONFIDENCE * np.nan_to_num(around), 0.0)
    return filled[:, :-2], np.tile(confidence, (len(times), 1)), filled[:, -2:].reshape(-1, 4)


def _velocity(offsets: np.ndarray, points: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    """(P, 2) slope of the least-squares line through the points (N, P, 2) at most `_FIT` from offset 0.

    `otherwise` (P, 2) is taken for a point that is known there fewer than three times.
    """
    near = np.abs(offsets) <= _FIT
    points, offsets = points[near], offsets[near, None]
    known = np.isfinite(points).all(axis=-1)
    count = known.sum(axis=0)
    centred = np.where(known, offsets - (known * offsets).sum(axis=0) / np.maximum(count, 1), 0.0)
    moment = np.einsum("np,npd->pd", centred, np.nan_to_num(points))
    spread = np.square(centred).sum(axis=0)
    return np.where((count >= 3)[:, None], moment / np.maximum(spread, 1e-12)[:, None], otherwise)
