"""Where two people overlap in the picture, so that a track may have changed from one to the other."""

from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from vid2pose3d.track.similarity import box_overlap
from vid2pose3d.track.tracklet import Table, Tracklet

_TOUCH = 0.35
"""Share of the smaller box that lies in the other one from which two people touch."""
_MERGE = 0.3
"""Seconds: touches closer than this are one contact."""
_HIDDEN = 1.5
"""Seconds that one of the two may be unseen within one contact."""


@dataclass
class Piece:
    """A tracklet, or what lies between two cuts of one."""

    tracklet: Tracklet
    clear: np.ndarray
    """(N,) True where nobody else touched the person."""


@dataclass
class _Cuts:
    table: Table
    steps: set[int] = field(default_factory=set)
    clear: np.ndarray = field(default_factory=lambda: np.ones(0, dtype=bool))


def cut_at_contacts(tracklets: list[Tracklet]) -> tuple[list[Piece], set[tuple[int, int]]]:
    """Cut tracklets where people touch.

    Returns the pieces and the pairs (i, j) of pieces that followed each other in one tracklet.
    """
    plans = [_Cuts(tracklet.table()) for tracklet in tracklets]
    for plan in plans:
        plan.clear = np.ones(len(plan.table.steps), dtype=bool)
    for a, b in combinations(plans, 2):
        for start, end, cut in _contacts(a.table, b.table):
            for plan in (a, b):
                plan.clear[(plan.table.steps >= start) & (plan.table.steps <= end)] = False
                plan.steps.add(cut)
    pieces: list[Piece] = []
    followers = set()
    for tracklet, plan in zip(tracklets, plans, strict=True):
        groups = np.searchsorted(np.array(sorted(plan.steps)), plan.table.steps, side="right")
        first = len(pieces)
        for group in np.unique(groups):
            keep = np.flatnonzero(groups == group)
            pieces.append(Piece(tracklet.part(keep), plan.clear[keep]))
        followers |= {(i, i + 1) for i in range(first, len(pieces) - 1)}
    return pieces, followers


def _contacts(a: Table, b: Table) -> list[tuple[int, int, int]]:
    """First and last step of each contact of two tracklets, and the step at which to cut both."""
    if a.steps[0] > b.steps[-1] or b.steps[0] > a.steps[-1]:
        return []
    common, in_a, in_b = np.intersect1d(a.steps, b.steps, return_indices=True)
    if not len(common):
        return []
    touching = box_overlap(a.bbox[in_a], b.bbox[in_b])[1] > _TOUCH
    where = np.flatnonzero(touching)
    if not len(where):
        return []
    times = a.times[in_a]
    # Between two touches the pair is seen apart (a new contact), or one of them is hidden (the same one).
    breaks = [
        right
        for left, right in zip(where[:-1], where[1:], strict=True)
        if times[right] - times[left] > (_MERGE if right > left + 1 else _HIDDEN)
    ]
    groups = np.split(where, np.searchsorted(where, breaks))
    distance = np.linalg.norm(a.centre[in_a] - b.centre[in_b], axis=1)
    return [_contact(common, group, distance) for group in groups]


def _contact(common: np.ndarray, group: np.ndarray, distance: np.ndarray) -> tuple[int, int, int]:
    span = np.arange(group[0], group[-1] + 1)
    holes = np.diff(common[span])
    hidden = len(holes) > 0 and holes.max() > 2
    cut = common[span[holes.argmax()]] + 1 if hidden else common[span[distance[span].argmin()]]
    return int(common[span[0]]), int(common[span[-1]]), int(cut)
