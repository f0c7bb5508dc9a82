"""Which pieces of tracks belong to one person, judged by motion, size, colours and proportions."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from vid2pose3d.skeleton import JointSet
from vid2pose3d.track.appearance import difference
from vid2pose3d.track.contacts import Piece
from vid2pose3d.track.similarity import VISIBLE
from vid2pose3d.track.tracklet import Table, Tracklet, joined

# All evidence is a log likelihood ratio, "the same person" against "two people".
_ACCEPT = 1.5
"""Evidence needed to link two pieces."""
_KEPT = 1.0
"""Bonus of two pieces that the online tracker had as one."""
_MOTION_REACH = 3.0
"""Seconds after which motion says nothing any more."""
_PLACE_NOISE = (0.12, 0.45)
"""Standard deviation of an extrapolated place: body sizes, and body sizes / s."""
_FADE = 1.0
"""Seconds over which an extrapolated velocity fades out."""
_FIT = 0.5
"""Seconds of sights from which the velocity at an end is fitted."""
_LOOK_SAME, _LOOK_OTHER = (0.17, 0.11), (0.52, 0.17)
"""Mean and standard deviation of the colour distance of one person's, and of two people's, descriptions."""
_LOOK_MOST = 5.0
_SIZE_SAME, _SIZE_OTHER = (0.10, 0.12), 0.4
"""Standard deviation of the change of log size: at once and per second for one person; for two."""
_SHAPE_SAME, _SHAPE_OTHER = 0.06, 0.12
_SHAPE_SIGHTS = 10
_LIMBS = (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"), ("shoulder", "hip"))


@dataclass(frozen=True)
class _End:
    """How a piece begins or ends."""

    step: int
    time: float
    """When the person was last (or first) clearly seen; seconds."""
    centre: np.ndarray
    velocity: np.ndarray
    """(2,) pixels / s."""
    size: float


@dataclass(frozen=True)
class _Summary:
    first: _End
    last: _End
    look: np.ndarray | None
    shape: np.ndarray | None
    """Log limb lengths, less their mean."""


def linked(
    pieces: list[Piece], followers: set[tuple[int, int]], *, joint_set: JointSet, picture: tuple[int, int]
) -> list[Tracklet]:
    """Join the pieces of each person.

    `followers` are the (i, j) that were one track before it was cut: they stay together unless the evidence
    speaks for another pairing. picture: (width, height) pixels. Returns one tracklet a person.
    """
    summaries = [_summary(piece, joint_set) for piece in pieces]
    gain = np.full((len(pieces), len(pieces)), -np.inf)
    for i, before in enumerate(summaries):
        for j, after in enumerate(summaries):
            if before.last.step < after.first.step:
                value = _evidence(before, after, picture)
                gain[i, j] = max(value, _ACCEPT) + _KEPT if (i, j) in followers else value
    return [joined([pieces[i].tracklet for i in chain]) for chain in _chains(gain)]


def _chains(gain: np.ndarray) -> list[list[int]]:
    """Chains of pieces of highest total gain, counting only gains of `_ACCEPT` and more."""
    worth = np.where(gain >= _ACCEPT, gain - _ACCEPT + 1e-3, 0.0)
    follower = {
        int(i): int(j)
        for i, j in zip(*linear_sum_assignment(worth, maximize=True), strict=True)
        if worth[i, j] > 0.0
    }
    chains = []
    for start in set(range(len(gain))) - set(follower.values()):
        chain = [start]
        while chain[-1] in follower:
            chain.append(follower[chain[-1]])
        chains.append(chain)
    return chains


def _evidence(before: _Summary, after: _Summary, picture: tuple[int, int]) -> float:
    gap = max(after.first.time - before.last.time, 1e-3)
    return (
        _motion_evidence(before.last, after.first, gap, picture)
        + _size_evidence(before.last, after.first, gap)
        + _look_evidence(before.look, after.look)
        + _shape_evidence(before.shape, after.shape)
    )


def _motion_evidence(last: _End, first: _End, gap: float, picture: tuple[int, int]) -> float:
    if gap > _MOTION_REACH:
        return 0.0
    size = np.sqrt(last.size * first.size)
    reach = _FADE * (1.0 - np.exp(-gap / _FADE))
    limit = np.array(picture, dtype=float)
    forth = np.clip(last.centre + reach * last.velocity, 0.0, limit) - first.centre
    back = np.clip(first.centre - reach * first.velocity, 0.0, limit) - last.centre
    spread = size * (_PLACE_NOISE[0] + _PLACE_NOISE[1] * gap)
    off = 0.5 * (forth @ forth + back @ back) / spread**2
    anywhere = np.log(max(float(limit.prod()) / (2.0 * np.pi * spread**2), 1.0))
    return float(np.clip(anywhere - 0.5 * off, -8.0, 6.0)) * (1.0 - gap / _MOTION_REACH)


def _size_evidence(last: _End, first: _End, gap: float) -> float:
    spread = min(_SIZE_SAME[0] + _SIZE_SAME[1] * gap, _SIZE_OTHER)
    change = np.log(first.size / last.size)
    return float(np.clip(_log_normal(change, spread) - _log_normal(change, _SIZE_OTHER), -4.0, 1.0))


def _look_evidence(a: np.ndarray | None, b: np.ndarray | None) -> float:
    distance = difference(a, b)
    if np.isnan(distance):
        return 0.0
    same = _log_normal(max(distance - _LOOK_SAME[0], 0.0), _LOOK_SAME[1])
    other = _log_normal(min(distance - _LOOK_OTHER[0], 0.0), _LOOK_OTHER[1])
    return float(np.clip(same - other, -_LOOK_MOST, _LOOK_MOST))


def _shape_evidence(a: np.ndarray | None, b: np.ndarray | None) -> float:
    if a is None or b is None:
        return 0.0
    distance = float(np.sqrt(np.mean(np.square(a - b))))
    return float(np.clip(_log_normal(distance, _SHAPE_SAME) - _log_normal(distance, _SHAPE_OTHER), -2.0, 0.7))


def _log_normal(x: float, spread: float) -> float:
    return float(-0.5 * (x / spread) ** 2 - np.log(spread))


def _summary(piece: Piece, joint_set: JointSet) -> _Summary:
    table = piece.tracklet.table()
    looks = list(piece.tracklet.looks.values())
    clear = piece.clear if piece.clear.any() else np.ones(len(piece.clear), dtype=bool)
    return _Summary(
        _end(table, clear, first=True),
        _end(table, clear, first=False),
        np.mean(looks, axis=0) if looks else None,
        _shape(table, joint_set),
    )


def _end(table: Table, clear: np.ndarray, *, first: bool) -> _End:
    """The state at one end, from the clear sights nearest to it."""
    times = table.times[clear]
    anchor = times[0] if first else times[-1]
    near = np.abs(times - anchor) <= _FIT
    centres, size = table.centre[clear][near], float(np.median(table.size[clear][near]))
    step = int(table.steps[0] if first else table.steps[-1])
    offset = times[near] - anchor
    if np.ptp(offset) < 0.1:
        return _End(step, float(anchor), np.median(centres, axis=0), np.zeros(2), size)
    velocity, centre = np.polyfit(offset, centres, 1)
    return _End(step, float(anchor), centre, velocity, size)


def _shape(table: Table, joint_set: JointSet) -> np.ndarray | None:
    """Log limb lengths, each at its 85th percentile (foreshortening only shortens), less their mean."""
    if len(table.steps) < _SHAPE_SIGHTS:
        return None
    lengths = []
    for upper, lower in _LIMBS:
        sides = [joint_set.indices((f"{side}_{upper}", f"{side}_{lower}")) for side in ("left", "right")]
        known = np.stack([table.confidence[:, ends].min(axis=1) >= VISIBLE for ends in sides])
        pixels = np.stack([np.linalg.norm(table.xy[:, a] - table.xy[:, b], axis=1) for a, b in sides])
        usable = (pixels / table.size)[known & np.isfinite(pixels)]
        if len(usable) < _SHAPE_SIGHTS:
            return None
        lengths.append(max(float(np.percentile(usable, 85)), 1e-3))
    return np.log(lengths) - np.log(lengths).mean()
