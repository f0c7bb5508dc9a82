"""Short gaps in a track are bridged by interpolation and marked; long ones stay holes."""

import numpy as np
from scipy.interpolate import PchipInterpolator

from vid2pose3d.motion import Person2D
from vid2pose3d.skeleton import JointSet
from vid2pose3d.track.tracklet import Table, Tracklet

LONGEST = 1.0
"""Seconds between two sights up to which the frames between them are filled in."""
_CONFIDENCE = 0.3
"""Share of the neighbouring sights' confidence that a bridged joint keeps."""
_KNOTS = 3
"""Sights on either side of a gap that shape the curve."""


def bridged_person(track: Tracklet, number: int, joint_set: JointSet, frames: list[int],
                   times: list[float]) -> Person2D:
    """The track as a Person2D with id `number`.

    frames, times: number and stamp (seconds) of every frame that the tracker was shown; the track's steps index
    them.
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
        id=number, joint_set=joint_set,
        frames=np.array(frames, dtype=int)[all_steps[order]], times=np.array(times, dtype=float)[all_steps[order]],
        xy=np.concatenate(xy)[order], confidence=np.concatenate(confidence)[order],
        bbox=np.concatenate(bbox)[order], interpolated=bridged[order])


def _fill(table: Table, left: int, times: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Joints (M, J, 2), confidence (M, J) and box (M, 4) at `times` between sights `left` and `left + 1`."""
    knots = slice(max(left - _KNOTS + 1, 0), left + 1 + _KNOTS)
    inside = left - knots.start
    xy = np.stack([_curve(table.times[knots], table.xy[knots, joint], inside, times)
                   for joint in range(table.joint_count)], axis=1)
    bbox = _curve(table.times[knots], table.bbox[knots], inside, times)
    around = np.minimum(table.confidence[left], table.confidence[left + 1])
    confidence = np.where(np.isfinite(xy).all(axis=-1), _CONFIDENCE * np.nan_to_num(around), 0.0)
    return xy, confidence, bbox


def _curve(knots: np.ndarray, values: np.ndarray, left: int, times: np.ndarray) -> np.ndarray:
    """(M, D) shape-preserving cubic through the known values, which stays between those at either side of the gap.

    NaN where nothing is known on one side.
    """
    known = np.isfinite(values).all(axis=-1)
    if not known[:left + 1].any() or not known[left + 1:].any():
        return np.full((len(times), values.shape[-1]), np.nan)
    return PchipInterpolator(knots[known], values[known], axis=0)(times)
