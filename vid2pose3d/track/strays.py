"""Joints that stray while people overlap: a detector that looks at one person places a hidden joint on another."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.ndimage import find_objects, label

from vid2pose3d.motion import Person2D
from vid2pose3d.track.size import sizes

# Lengths are in sizes of the person, costs in nats. The numbers were set on made-up strays in the 2D of training and
# validation people of the motion capture, where a wide range of them does alike; _MARGIN and _ACCELERATION also with
# an eye on one rendered and one filmed clip.
_LONGEST, _MOST = 0.5, 45
"""Seconds that a joint strays at most, and sights, which bounds the time that the search takes."""
_MARGIN = 0.15
"""How far from another's box a joint still counts as within: the detector looks at more than the box."""
_AROUND = 0.3
"""Seconds before and after that tell the motion."""
_NOISE, _OWN = 0.006, 2.0
"""Spread of a joint's second difference over time: so much, and so much of what is usual of the joint in the clip, so
that shaky and fast joints must stray further."""
_UNSURE = 2.0
"""How much larger it is where the detector is not sure at all."""
_ACCELERATION = 10.0
"""Per second squared: what motion adds to it."""
_TAIL = 4.0
"""Degrees of freedom of its Student-t distribution: joints err and speed up much now and then."""
_STRAY, _PER_SIGHT = 8.0, 2.0
"""Cost of leaving out a stretch, and each sight in it, which a good sight costs less than."""
_IN_TIME = np.array([[0, 1, 0]] * 3)
"""Sights of one joint that follow each other are one stretch."""
_FEWEST = 4
"""Sights among which one can be told to stray: two before, and one after."""
_LIMBS = {"arm": ("elbow", "wrist"), "leg": ("knee", "ankle")}
_WORTH_SAYING = 0.2
"""Seconds."""


def without_strays(person: Person2D, everyone: Sequence[Person2D]) -> tuple[Person2D, np.ndarray]:
    """The track with strays unknown, and (N, J) True where they were.

    everyone: all tracks of the clip. While the person and another are in one place of the picture, the likeliest way
    of each joint through some of its sights is sought: a sight costs by how far it is from where the two before it
    lead, a stretch that is left out by its length. So people who touch keep joints that go on as they went. A stretch
    that is nowhere near another is kept, and frames that were bridged from a stray lose it, too.
    """
    strays = np.zeros(person.confidence.shape, dtype=bool)
    size = sizes(person)
    within = _within_others(person, everyone, size)
    met = np.asarray(within.any(axis=1))
    sights = np.flatnonzero(~person.interpolated & np.isfinite(person.xy).any(axis=(1, 2)))
    if not met.any() or len(sights) < _FEWEST:
        return person, strays
    times, free = person.times[sights], met[sights]
    path = _complete(person.xy[sights], times) / size[sights, None, None]
    usual = np.median(np.linalg.norm(np.diff(path, n=2, axis=0), axis=-1), axis=0) / np.sqrt(6)
    noise = (_NOISE + _OWN * usual) * (1 + _UNSURE * (1 - person.confidence[sights]) ** 2)
    near = np.flatnonzero(_seconds_from(person.times[met], times) <= _AROUND)
    for rows in np.split(near, np.flatnonzero(np.diff(times[near]) > _LONGEST) + 1):
        strays[sights[rows]] = _left_out(path[rows], times[rows], noise[rows], free[rows])
    strays &= np.isfinite(person.xy).all(axis=-1)
    bridged = np.flatnonzero(person.interpolated)
    after = np.searchsorted(sights, bridged).clip(1, len(sights) - 1)
    strays[bridged] = strays[sights[after - 1]] | strays[sights[after]]
    stretches, _ = label(strays, _IN_TIME)
    strays &= np.isin(stretches, stretches[strays & within])
    return replace(person, xy=np.where(strays[..., None], np.nan, person.xy),
                   confidence=np.where(strays, 0.0, person.confidence)), strays


def strays_said(person: Person2D, strays: np.ndarray) -> str | None:
    """One line for people of the arms and legs that `without_strays` took out, None where that was not for long.

    strays: (N, J).
    """
    indices = person.joint_set.indices
    astray = {f"{side} {limb}": np.any(strays[:, indices([f"{side}_{joint}" for joint in joints])], axis=1)
              for side in ("left", "right") for limb, joints in _LIMBS.items()}
    limbs = [limb for limb, rows in astray.items() if _longest(rows, person.times) >= _WORTH_SAYING]
    if not limbs:
        return None
    rows = np.any([astray[limb] for limb in limbs], axis=0)
    first, last = person.times[rows][[0, -1]]
    return (f"person {person.id}: {', '.join(limbs)} strayed to somebody else between {first:.2f} and {last:.2f} s; "
            f"{rows.sum()} frames are filled in")


def _longest(marked: np.ndarray, times: np.ndarray) -> float:
    """Seconds from the first to the last frame of the longest stretch of rows where marked (N,) is True."""
    return max((float(np.ptp(times[rows])) for (rows,) in find_objects(label(marked)[0])), default=0.0)


def _within_others(person: Person2D, everyone: Sequence[Person2D], size: np.ndarray) -> np.ndarray:
    """(N, J) True where a joint lies in somebody else's box, or near it."""
    within = np.zeros(person.confidence.shape, dtype=bool)
    for other in everyone:
        if other.id != person.id:
            _, here, there = np.intersect1d(person.frames, other.frames, return_indices=True)
            box, margin, xy = other.bbox[there, None], _MARGIN * size[here, None, None], person.xy[here]
            within[here] |= ((xy > box[..., :2] - margin) & (xy < box[..., 2:] + margin)).all(axis=-1)
    return within


def _seconds_from(stamps: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(M,) seconds from times (M,) to the nearest of the increasing stamps."""
    after = np.searchsorted(stamps, times)
    return np.minimum(np.abs(times - stamps[(after - 1).clip(0)]),
                      np.abs(stamps[after.clip(max=len(stamps) - 1)] - times))


def _complete(xy: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Joints (M, J, 2) with the unknown ones on the line between the known in time, at 0 where none is."""
    filled = np.nan_to_num(xy)
    known = np.isfinite(xy).all(axis=-1)
    for joint in np.flatnonzero(~known.all(axis=0) & known.any(axis=0)):
        there = known[:, joint]
        for axis in range(2):
            filled[:, joint, axis] = np.interp(times, times[there], xy[there, joint, axis])
    return filled


def _left_out(path: np.ndarray, times: np.ndarray, noise: np.ndarray, free: np.ndarray) -> np.ndarray:
    """(M, J) True for the sights that the cheapest ways of joints (M, J, 2) leave out, all of them `free` (M,).

    What a sight costs depends on the two before it on the way, so that a node of the search is a sight and the number
    of sights that are left out right before it.
    """
    count, joints = noise.shape
    left_out = np.zeros((count, joints), dtype=bool)
    if count < _FEWEST:
        return left_out
    longest = min(int(_LONGEST / np.median(np.diff(times)) + 1e-6), _MOST, count)
    steps, gaps = np.arange(longest + 1), _STRAY + _PER_SIGHT * np.arange(longest + 1)
    gaps[0] = 0.0
    costs = np.full((longest + 2, longest + 1, joints), np.inf)  # of the last few sights only
    costs[1, 0] = 0.0
    origins = np.zeros((count, longest + 1, joints), dtype=np.uint8)
    for row in range(2, count):
        passed = np.append(True, np.logical_and.accumulate(free[row - 1:max(row - 1 - longest, 1):-1]))
        skipped = steps[:len(passed)][passed]
        last = row - 1 - skipped
        ways = costs[last % len(costs)] + _bend(path, times, noise, (last[:, None] - 1 - steps).clip(0), last, row)
        origins[row, skipped] = ways.argmin(axis=1)
        costs[row % len(costs)] = np.inf
        costs[row % len(costs), skipped] = ways.min(axis=1) + gaps[skipped, None]
    for joint in range(joints):
        row, skipped = count - 1, int(costs[(count - 1) % len(costs), :, joint].argmin())
        while row > 1:
            left_out[row - skipped:row, joint] = True
            row, skipped = row - 1 - skipped, int(origins[row, skipped, joint])
    return left_out


def _bend(path: np.ndarray, times: np.ndarray, noise: np.ndarray, before: np.ndarray, last: np.ndarray,
          row: int) -> np.ndarray:
    """(K, L, J) cost of the sight `row` after the sights `last` (K,), each after sights `before` (K, L)."""
    came, goes = np.maximum(times[last][:, None] - times[before], 1e-6), (times[row] - times[last])[:, None]
    ratio = (goes / came)[..., None]
    here = path[last][:, None]
    off = path[row] - here - ratio[..., None] * (here - path[before])
    spread = np.maximum(np.maximum(noise[before], noise[last][:, None]), noise[row])
    variance = (spread**2 * (1 + (1 + ratio)**2 + ratio**2) / 6
                + (_ACCELERATION * goes * (came + goes) / 2)[..., None]**2)
    return np.asarray((_TAIL + 2) / 2 * np.log1p(np.square(off).sum(axis=-1) / (_TAIL * variance)))
