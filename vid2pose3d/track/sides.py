"""Left and right put right: stretches of a track in which the detector took a body's sides for each other."""

from dataclasses import replace

import numpy as np

from vid2pose3d.motion import Person2D
from vid2pose3d.skeleton import JointSet
from vid2pose3d.track.size import sizes

_PARTS = (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"))
"""The arms and the legs, which detectors exchange together or alone. Each starts at the trunk."""
_LOWER = ("hip", "knee", "ankle", "heel", "toe", "foot")
"""What goes with the legs; all else, the face too, goes with the arms."""
_STATES = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
"""Whether arms and legs are exchanged."""
_CHANGED = (_STATES[:, None] != _STATES).astype(int)
"""(4, 4, 2) whether a part changes from one state to the next."""

# Lengths are in sizes of the person, costs in nats. The numbers were set on made-up exchanges in the 2D of the training
# and validation people of the motion capture; _ALONE after filmed legs in dark clothes, where less did harm.
_NOISE = 0.018
"""Spread of the second difference over time of the way from a right joint to the left one, where both are sure."""
_UNSURE = 2.0
"""How much larger it is where they are not seen at all."""
_ACCELERATION = 5.0
"""Per second squared: what motion adds to it."""
_SPEED = 2.0
"""Per second: spread of the first difference, where there is no second one."""
_TAIL = 2.0
"""Degrees of freedom of both differences' Student-t distribution: detectors err much now and then."""
_WEIGHT = 0.5
"""Of each pair of joints, since the pairs of a part err together."""
_LONGEST_STEP = 0.15
"""Seconds between sights over which nothing is known of the motion."""
_CHANGE = 8.0
"""Cost of each change; a track starts and ends with a change where it is exchanged there."""
_ALONE = 4.0
"""What it costs more where only arms or legs change."""
_PER_SECOND, _MOST = 2.0, 60.0
"""Cost of being exchanged, both parts, for a second and for a whole clip: what is usual is right."""
_TWIST = 20.0
"""Cost per second of arms and legs that contradict each other, where shoulders and hips are clear of the side view."""
_SIDE_VIEW = (0.015, 0.025)
"""Product of shoulders' and hips' widths below which they say nothing, and from which they say all."""
_LEAST_SURE = 0.3
_COLLAPSE = (0.75, 0.1, 0.075)
"""A sight in which left and right are nearer than this share of what they are before and after, if that is at least so
much, within so many seconds, is a mixture of both."""
_CLEAR = 0.5
"""Share of what is expected by which left and right must be apart the wrong way in such a sight to be exchanged."""
_FILLED = 0.3
"""Share of its neighbours' confidence that a sight gets which is filled in."""


def put_right(person: Person2D) -> tuple[Person2D, np.ndarray]:
    """The track with exchanged sides put right, and (N, 2) True where the arms (with the face) and legs were exchanged.

    Of all ways to exchange left and right by stretches, the likeliest by the motion of each joint of a pair relative
    to the other: a joint goes on as it went, a walker's crossing legs too, while sides that are exchanged leap. Where
    left and right lie on each other nothing tells an exchange, and the detector is believed. Which of two stretches is
    the wrong one is told by which is shorter, and by shoulders and hips, which lie the same way round.
    """
    ways, confidence = _ways(person)
    seen = ~person.interpolated & np.isfinite(ways).any(axis=(0, 2, 3))
    clear = seen.copy()
    clear[seen] &= ~_collapsed(ways[:, seen], person.times[seen])
    exchanged = np.zeros((len(person), 2), dtype=bool)
    if clear.sum() < 3:
        return person, exchanged
    exchanged[clear] = _likeliest(ways[:, clear], confidence[:, clear], person.times[clear])
    if not exchanged.any() and clear.all():
        return person, exchanged
    return _applied(person, ways, exchanged, np.flatnonzero(clear))


def exchange_said(person: Person2D, exchanged: np.ndarray) -> str:
    """One line for people of what `put_right` did; exchanged: (N, 2), True somewhere."""
    arms, legs = exchanged[:, 0].any(), exchanged[:, 1].any()
    what = "left and right" + ("" if arms and legs else " arm" if arms else " leg")
    marked = exchanged.any(axis=1)
    rows = np.flatnonzero(marked)
    first, last = person.times[rows[0]], person.times[rows[-1]]
    count = 1 + int((np.diff(rows) > 1).sum())
    if count > 1:
        when = f"in {len(rows)} frames of {count} stretches between {first:.2f} and {last:.2f} s"
    elif len(rows) > 1:
        when = f"from {first:.2f} to {last:.2f} s"
    else:
        when = f"at {first:.2f} s"
    return f"person {person.id}: {what} were exchanged {when} and put right"


def _ways(person: Person2D) -> tuple[np.ndarray, np.ndarray]:
    """From the right joint to the left one (2, N, 3, 2), by part and pair, in sizes; the lower confidence (2, N, 3)."""
    joint_set = person.joint_set
    left, right = (np.array([joint_set.indices([f"{side}_{name}" for name in part]) for part in _PARTS])
                   for side in ("left", "right"))
    ways = (person.xy[:, left] - person.xy[:, right]) / sizes(person)[:, None, None, None]
    confidence = np.minimum(person.confidence[:, left], person.confidence[:, right])
    return ways.swapaxes(0, 1), confidence.swapaxes(0, 1)


def _collapsed(ways: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(N,) True for sights of a part whose left and right are much nearer to each other than just before and after.

    Detectors that change their mind go through them, and they make a leap look like a motion.
    """
    share, least, reach = _COLLAPSE
    apart = np.sqrt(np.square(ways).sum(axis=(2, 3)))
    before, after = np.zeros_like(apart), np.zeros_like(apart)
    for step in range(1, len(times)):
        near = times[step:] - times[:-step] <= reach + 1e-6
        if not near.any():
            break
        before[:, step:] = np.fmax(before[:, step:], np.where(near, apart[:, :-step], 0.0))
        after[:, :-step] = np.fmax(after[:, :-step], np.where(near, apart[:, step:], 0.0))
    usual = np.minimum(before, after)
    return np.asarray(((usual > least) & (apart < share * usual)).any(axis=0))


def _likeliest(ways: np.ndarray, confidence: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(M, 2) True where arms and legs are exchanged on the cheapest way through the states of M >= 3 sights (Viterbi).

    What a sight costs depends on its state and the two before, so that a node is a pair of states.
    """
    arms, legs = (_motion_costs(*part, times) for part in zip(ways, confidence, strict=True))
    standing = _standing_costs(ways, confidence, times)
    parts = _CHANGED.sum(axis=-1)
    change = _CHANGE * (parts > 0) + _ALONE * (parts == 1)
    cost = (change[0] + standing[0])[:, None] + change + standing[1]
    cost = cost + arms[1][_CHANGED[..., 0], 0] + legs[1][_CHANGED[..., 1], 0]
    now, then = _CHANGED[None], _CHANGED[:, :, None]
    best = np.zeros((len(times), 4, 4), dtype=np.int8)
    for row in range(2, len(times)):
        paths = cost[:, :, None] + arms[row][now[..., 0], then[..., 0]] + legs[row][now[..., 1], then[..., 1]]
        best[row] = paths.argmin(axis=0)
        cost = paths.min(axis=0) + change + standing[row]
    states = np.zeros(len(times), dtype=int)
    states[-2:] = divmod(int((cost + change[0]).argmin()), 4)
    for row in range(len(times) - 1, 1, -1):
        states[row - 2] = best[row][states[row - 1], states[row]]
    return np.asarray(_STATES[states] > 0)


def _motion_costs(ways: np.ndarray, confidence: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(M, 2, 2) cost of a part's way (M, 3, 2) in each sight where it changes sides there, and in the sight before."""
    costs = np.zeros((len(times), 2, 2))
    steps = np.diff(times)
    noise = _NOISE * (1 + _UNSURE * (1 - confidence) ** 2)
    slow = np.maximum(noise[1:], noise[:-1]) ** 2 / 3 + (_SPEED * steps[:, None]) ** 2
    ratio = (steps[1:] / steps[:-1])[:, None]
    three = np.maximum(np.maximum(noise[2:], noise[1:-1]), noise[:-2])
    spread = three ** 2 * (1 + (1 + ratio) ** 2 + ratio ** 2) / 6
    spread = spread + (_ACCELERATION * steps[1:] * (steps[1:] + steps[:-1]) / 2)[:, None] ** 2
    near = (steps <= _LONGEST_STEP)[:, None]
    for here in (0, 1):
        sign = 1 - 2 * here
        first = np.where(near, _student(sign * ways[1:] - ways[:-1], slow), 0.0)
        costs[1:, here, :] = np.nansum(first, axis=1)[:, None]
        for before in (0, 1):
            change = (sign * ways[2:] - (1 + ratio[..., None]) * ways[1:-1]
                      + (1 - 2 * before) * ratio[..., None] * ways[:-2])
            second = _student(change, spread)
            known = near[1:] & near[:-1] & np.isfinite(second)
            costs[2:, here, before] = np.nansum(np.where(known, second, first[1:]), axis=1)
    return costs


def _student(vectors: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """(M, 3) cost of vectors (M, 3, 2) by a Student-t distribution in the plane of variance (M, 3)."""
    return np.asarray(_WEIGHT * (_TAIL + 2) / 2 * np.log1p(np.square(vectors).sum(axis=-1) / (_TAIL * variance)))


def _standing_costs(ways: np.ndarray, confidence: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(M, 4) cost of being in each state, whatever comes before and after."""
    passed = np.minimum(np.diff(times, prepend=2 * times[0] - times[1]), 0.1)
    usual = min(_PER_SECOND, _MOST / (times[-1] - times[0])) * passed
    along = np.nan_to_num(ways[0, :, 0] * ways[1, :, 0]).sum(axis=-1)
    low, high = _SIDE_VIEW
    sure = confidence[:, :, 0].min(axis=0).clip(_LEAST_SURE)
    twist = _TWIST * passed * sure * np.sign(along) * ((np.abs(along) - low) / (high - low)).clip(0, 1)
    return np.asarray(usual[:, None] * _STATES.mean(axis=1) + twist[:, None] * (_STATES[:, 0] != _STATES[:, 1]))


def _applied(
    person: Person2D, ways: np.ndarray, exchanged: np.ndarray, clear: np.ndarray
) -> tuple[Person2D, np.ndarray]:
    """The track with `exchanged` applied and completed: it is known of the rows `clear`, the others are between them.

    Those that look exchanged are; those between an exchanged sight and one that is not are filled in.
    """
    xy, confidence, exchanged = person.xy.copy(), person.confidence.copy(), exchanged.copy()
    rest = np.setdiff1d(np.arange(len(person)), clear)
    after = np.searchsorted(clear, rest).clip(max=len(clear) - 1)
    before = clear[(np.searchsorted(clear, rest) - 1).clip(0)]
    after = clear[after]
    for part, joints in enumerate(_joints(person.joint_set)):
        signs = np.where(exchanged[clear, part], -1, 1)[:, None]
        flat = np.nan_to_num(ways[part]).reshape(len(person), 6)
        expected = _between(signs * flat[clear], person.times[clear], person.times[rest])
        looks = (flat[rest] * expected).sum(axis=1) < -_CLEAR * np.square(expected).sum(axis=1)
        turns = (exchanged[before, part] != exchanged[after, part]) & (person.interpolated[rest] | ~looks)
        exchanged[rest, part] = looks & ~turns
        rows = np.flatnonzero(exchanged[:, part])[:, None]
        mirrored = person.joint_set.mirror[joints]
        xy[rows, joints] = person.xy[rows, mirrored]
        confidence[rows, joints] = person.confidence[rows, mirrored]
        _fill(xy, confidence, joints, person.times, np.stack([before, rest, after])[:, turns])
    return replace(person, xy=xy, confidence=confidence), exchanged


def _fill(
    xy: np.ndarray, confidence: np.ndarray, joints: np.ndarray, times: np.ndarray, rows: np.ndarray
) -> None:
    """Put joints on the line between the sights before and after, in place. rows: (3, K) before, own, after."""
    before, own, after = rows[..., None]
    share = ((times[own] - times[before]) / (times[after] - times[before]))[..., None]
    xy[own, joints] = (1 - share) * xy[before, joints] + share * xy[after, joints]
    confidence[own, joints] = _FILLED * np.minimum(confidence[before, joints], confidence[after, joints])


def _joints(joint_set: JointSet) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the joints that go with the arms, and with the legs."""
    lower = np.array([any(name in joint for name in _LOWER) for joint in joint_set.joints])
    return np.flatnonzero(~lower), np.flatnonzero(lower)


def _between(values: np.ndarray, times: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Values (M, D) at `times`, linearly interpolated at `wanted` (K,): (K, D)."""
    return np.stack([np.interp(wanted, times, column) for column in values.T], axis=1)
