"""Which tracks are people: short, poor, trembling and doubled ones are dropped."""

import numpy as np

from vid2pose3d.skeleton import JointSet
from vid2pose3d.track.duplicates import SAME_OKS
from vid2pose3d.track.similarity import box_overlap, oks, person_area, seen, sigmas
from vid2pose3d.track.tracklet import Table, Tracklet

_SHORTEST = 0.3
"""Seconds."""
_FEWEST = 3
_CLIP_SHARE = 0.3
"""In a very short clip, the share of it in which a person must be seen."""
_SCORE = 0.25
_DOUBLED = 0.5
"""Share of a track's sights that show someone else's body from which it is not a person of its own."""
_NESTED = 0.7
"""Share of a box that lies in someone else's from which a sight may be part of that other person."""
_TREMOR = (0.035, 1.5)
"""Body sizes, and body sizes / s^2, by which a joint may be off the line between its neighbours in time.

A body has mass; what a detector sees in a number plate or in half of someone else jumps about.
"""
_TREMOR_SIGHTS = 5
"""Fewest sights by which trembling is judged."""
_TREMOR_REACH = 0.5
"""Seconds within which three sights must lie to be compared."""


def real_people(tracks: list[Tracklet], times: list[float], joint_set: JointSet) -> list[Tracklet]:
    """The tracks that are people, longest first. times: the stamps of all the clip's frames, seconds."""
    frame = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    shortest = min(_SHORTEST, _CLIP_SHARE * (times[-1] - times[0] + frame))
    fewest = min(_FEWEST, max(1, int(np.ceil(_CLIP_SHARE * len(times)))))
    kept: list[tuple[Tracklet, Table]] = []
    for track in sorted(tracks, key=len, reverse=True):
        table = track.table()
        long_enough = len(track) >= fewest and len(track) * frame >= shortest - 1e-6
        others = [other for _, other in kept]
        if (
            long_enough
            and table.score.mean() >= _SCORE
            and _steady(table, others)
            and not any(_doubles(table, other, joint_set) for other in others)
        ):
            kept.append((track, table))
    return [track for track, _ in kept]


def _steady(table: Table, others: list[Table]) -> bool:
    """False where joints tremble as no body can; one within someone else's body has half the leave."""
    before, at, after = table.times[:-2], table.times[1:-1], table.times[2:]
    near = after - before <= _TREMOR_REACH
    known = seen(table.xy, table.confidence)
    usable = known[:-2] & known[1:-1] & known[2:] & near[:, None]
    if near.sum() < _TREMOR_SIGHTS or not usable.any():
        return True
    share = ((at - before) / (after - before))[:, None, None]
    expected = (1.0 - share) * table.xy[:-2] + share * table.xy[2:]
    off = np.linalg.norm(table.xy[1:-1] - expected, axis=-1) / table.size[1:-1, None]
    leave = _TREMOR[0] + _TREMOR[1] * float(np.median((after - before)[near]) / 2.0) ** 2
    inside = any(_inside(table, other) > _DOUBLED for other in others)
    return bool(np.median(off[usable]) <= (0.5 * leave if inside else leave))


def _inside(table: Table, other: Table) -> float:
    """Share of a track's sights that lie in another person's box."""
    _, here, there = np.intersect1d(table.steps, other.steps, return_indices=True)
    return float(np.sum(box_overlap(table.bbox[here], other.bbox[there])[1] > _NESTED)) / len(table.steps)


def _doubles(table: Table, other: Table, joint_set: JointSet) -> bool:
    _, here, there = np.intersect1d(table.steps, other.steps, return_indices=True)
    if len(here) <= _DOUBLED * len(table.steps):
        return False
    shared = seen(table.xy[here], table.confidence[here]) & seen(other.xy[there], other.confidence[there])
    alike = oks(
        table.xy[here],
        other.xy[there],
        area=person_area(other.bbox[there]),
        sigma=sigmas(joint_set),
        shared=shared,
    )
    return float(np.sum(np.nan_to_num(alike) > 0.8 * SAME_OKS)) > _DOUBLED * len(table.steps)
