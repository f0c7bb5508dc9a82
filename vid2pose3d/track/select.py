"""Which tracks are people: short, poor and doubled ones are dropped."""

import numpy as np

from vid2pose3d.skeleton import JointSet
from vid2pose3d.track.duplicates import SAME_OKS
from vid2pose3d.track.similarity import oks, person_area, seen, sigmas
from vid2pose3d.track.tracklet import Table, Tracklet

_SHORTEST = 0.3
"""Seconds."""
_FEWEST = 3
_CLIP_SHARE = 0.3
"""In a very short clip, the share of it in which a person must be seen."""
_SCORE = 0.25
_DOUBLED = 0.5
"""Share of a track's sights that show someone else's body from which it is not a person of its own."""


def real_people(tracks: list[Tracklet], times: list[float], joint_set: JointSet) -> list[Tracklet]:
    """The tracks that are people, longest first. times: the stamps of all the clip's frames, seconds."""
    frame = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    shortest = min(_SHORTEST, _CLIP_SHARE * (times[-1] - times[0] + frame))
    fewest = min(_FEWEST, max(1, int(np.ceil(_CLIP_SHARE * len(times)))))
    kept: list[tuple[Tracklet, Table]] = []
    for track in sorted(tracks, key=len, reverse=True):
        table = track.table()
        long_enough = len(track) >= fewest and len(track) * frame >= shortest - 1e-6
        if long_enough and table.score.mean() >= _SCORE and \
                not any(_doubles(table, other, joint_set) for _, other in kept):
            kept.append((track, table))
    return [track for track, _ in kept]


def _doubles(table: Table, other: Table, joint_set: JointSet) -> bool:
    _, here, there = np.intersect1d(table.steps, other.steps, return_indices=True)
    if len(here) <= _DOUBLED * len(table.steps):
        return False
    shared = seen(table.xy[here], table.confidence[here]) & seen(other.xy[there], other.confidence[there])
    alike = oks(table.xy[here], other.xy[there], area=person_area(other.bbox[there]), sigma=sigmas(joint_set),
                shared=shared)
    return float(np.sum(np.nan_to_num(alike) > 0.8 * SAME_OKS)) > _DOUBLED * len(table.steps)
