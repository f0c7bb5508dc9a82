"""Which pieces of tracks belong to one person, judged by motion, size, colours and proportions."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from vid2pose3d.skeleton import JointSet
from vid2pose3d.track.appearance import CELLS, difference, roots
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
class _Ends:
    """How P pieces begin, or end."""

    step: np.ndarray
    time: np.ndarray
    """(P,) when the person was first (or last) clearly seen; seconds."""
    centre: np.ndarray
    """(P, 2) pixels."""
    velocity: np.ndarray
    """(P, 2) pixels / s."""
    size: np.ndarray


def linked(
    pieces: list[Piece], followers: set[tuple[int, int]], *, joint_set: JointSet, picture: tuple[int, int]
) -> list[Tracklet]:
    """Join the pieces of each person.

    `followers` are the (i, j) that were one track before it was cut: they stay together unless the evidence
    speaks for another pairing. picture: (width, height) pixels. Returns one tracklet a person.
    """
    first, last = _ends(pieces, first=True), _ends(pieces, first=False)
    looks = np.stack([_look(piece) for piece in pieces])
    shapes = np.stack([_shape(piece.tracklet.table(), joint_set) for piece in pieces])
    gain = np.full((len(pieces), len(pieces)), -np.inf)
    for i in range(len(pieces)):
        value = _motion_evidence(i, last, first, picture) + _size_evidence(i, last, first)
        value += _look_evidence(difference(looks[i], looks)) + _shape_evidence(shapes[i], shapes)
        gain[i] = np.where(first.step > last.step[i], value, -np.inf)
    for i, j in followers:
        gain[i, j] = max(gain[i, j], _ACCEPT) + _KEPT
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


def _motion_evidence(i: int, last: _Ends, first: _Ends, picture: tuple[int, int]) -> np.ndarray:
    """(P,) for piece i going on as each of the pieces, from where either would be by the other's motion."""
    gap = np.maximum(first.time - last.time[i], 1e-3)
    reach = _FADE * (1.0 - np.exp(-gap / _FADE))[:, None]
    limit = np.array(picture, dtype=float)
    forth = np.clip(last.centre[i] + reach * last.velocity[i], 0.0, limit) - first.centre
    back = np.clip(first.centre - reach * first.velocity, 0.0, limit) - last.centre[i]
    spread = np.sqrt(last.size[i] * first.size) * (_PLACE_NOISE[0] + _PLACE_NOISE[1] * gap)
    off = 0.5 * (np.square(forth) + np.square(back)).sum(axis=1) / spread**2
    anywhere = np.log(np.maximum(limit.prod() / (2.0 * np.pi * spread**2), 1.0))
    return np.clip(anywhere - 0.5 * off, -8.0, 6.0) * np.clip(1.0 - gap / _MOTION_REACH, 0.0, 1.0)


def _size_evidence(i: int, last: _Ends, first: _Ends) -> np.ndarray:
    gap = np.maximum(first.time - last.time[i], 0.0)
    spread = np.minimum(_SIZE_SAME[0] + _SIZE_SAME[1] * gap, _SIZE_OTHER)
    change = np.log(first.size / last.size[i])
    return np.clip(_log_normal(change, spread) - _log_normal(change, _SIZE_OTHER), -4.0, 1.0)


def _look_evidence(distance: np.ndarray) -> np.ndarray:
    same = _log_normal(np.maximum(distance - _LOOK_SAME[0], 0.0), _LOOK_SAME[1])
    other = _log_normal(np.minimum(distance - _LOOK_OTHER[0], 0.0), _LOOK_OTHER[1])
    return np.nan_to_num(np.clip(same - other, -_LOOK_MOST, _LOOK_MOST))


def _shape_evidence(shape: np.ndarray, shapes: np.ndarray) -> np.ndarray:
    distance = np.sqrt(np.mean(np.square(shapes - shape), axis=-1))
    same, other = _log_normal(distance, _SHAPE_SAME), _log_normal(distance, _SHAPE_OTHER)
    return np.nan_to_num(np.clip(same - other, -2.0, 0.7))


def _log_normal(x: np.ndarray, spread: np.ndarray | float) -> np.ndarray:
    return -0.5 * np.square(x / spread) - np.log(spread)


def _look(piece: Piece) -> np.ndarray:
    """(2, 144) roots of the mean colours; zero where none were taken."""
    looks = list(piece.tracklet.looks.values())
    return roots(np.mean(looks, axis=0)) if looks else np.zeros((2, CELLS))


def _ends(pieces: list[Piece], *, first: bool) -> _Ends:
    ends = [_end(piece.tracklet.table(), piece.clear, first=first) for piece in pieces]
    return _Ends(*(np.array(part) for part in zip(*ends, strict=True)))


def _end(table: Table, clear: np.ndarray, *, first: bool) -> tuple[int, float, np.ndarray, np.ndarray, float]:
    """Step, time, centre, velocity and size at one end, from the clear sights nearest to it."""
    if not clear.any():
        clear = np.ones(len(clear), dtype=bool)
    times = table.times[clear]
    anchor = times[0] if first else times[-1]
    near = np.abs(times - anchor) <= _FIT
    centres, size = table.centre[clear][near], float(np.median(table.size[clear][near]))
    step = int(table.steps[0] if first else table.steps[-1])
    offset = times[near] - anchor
    if np.ptp(offset) < 0.1:
        return step, anchor, np.median(centres, axis=0), np.zeros(2), size
    velocity, centre = np.polyfit(offset, centres, 1)
    return step, anchor, centre, velocity, size


def _shape(table: Table, joint_set: JointSet) -> np.ndarray:
    """(5,) log limb lengths, 85th percentile as foreshortening only shortens, less their mean; or NaN."""
    unknown = np.full(len(_LIMBS), np.nan)
    if len(table.steps) < _SHAPE_SIGHTS:
        return unknown
    lengths = []
    for upper, lower in _LIMBS:
        sides = [joint_set.indices((f"{side}_{upper}", f"{side}_{lower}")) for side in ("left", "right")]
        known = np.stack([table.confidence[:, ends].min(axis=1) >= VISIBLE for ends in sides])
        pixels = np.stack([np.linalg.norm(table.xy[:, a] - table.xy[:, b], axis=1) for a, b in sides])
        usable = (pixels / table.size)[known & np.isfinite(pixels)]
        if len(usable) < _SHAPE_SIGHTS:
            return unknown
        lengths.append(max(float(np.percentile(usable, 85)), 1e-3))
    return np.log(lengths) - np.log(lengths).mean()
