"""Feet that stand still while they stand: contacts, the root's path that they imply, and legs that reach them."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy import sparse
from scipy.ndimage import minimum_filter1d
from scipy.sparse.linalg import splu

from vid2pose3d.place.clean.limbs import LEGS, move_end, reach
from vid2pose3d.place.clean.limits import usual_side
from vid2pose3d.place.contact import CLEARANCE, FEET, bottoms, stretches
from vid2pose3d.place.smoothing import roughness, smooth, spans, speed, window
from vid2pose3d.vectors import unit

UP = 1
"""The world's vertical axis."""
_VERTICAL = np.eye(3)[UP]
_SLOW, _SLOW_IN_DEPTH = 0.4, 1.0
"""Metres per second across the line of sight, and along it, where a still foot may seem to move."""
_HIGH = 0.2
"""Metres above the other foot, and above the lowest place of either around that time."""
_AROUND = 0.75
"""Seconds before and after that count as around."""
_PLANTED = 0.5
_SHORTEST = 0.1
"""Seconds that a contact lasts; shorter breaks in one are none."""
_QUICKEST_STEP, _LEAST_STEP = 0.25, 0.1
"""Seconds and metres, aside or up, that a step takes."""
_HOLE = 1.5
"""Usual steps between frames, and at least the above, in which a foot may have gone elsewhere."""
_SOLE = CLEARANCE["left_ankle"]

_FOOT = 0.02
"""Metres by which the pose's foot wanders under a still body."""
_ACROSS, _ALONG = 0.03, 0.15
"""Metres by which the root may be off across the line of sight, and along it, where it comes from sizes."""
_OFFSET = 0.3
"""Metres by which a whole track may be off the common floor, because its size and so its distance is wrong."""
_LEVEL = 0.03
"""Metres by which the place of a standing foot is off the floor, where it is not on something else."""
_ON_TOP = 0.1
"""Metres over the floor from which a foot that stands is rather on a step or a box."""
_ROOT_CUTOFF = 1.0
"""Hertz of what feet say about the root's path; what is faster is the legs' own."""
_BLEND_CUTOFF = 3.0
"""Hertz of the correction of a leg that goes from free to held: most of it within 0.1 seconds."""
_HELD = 1e5
"""Weight of a held foot beside that of a free one."""
_ROUNDS = 4
_SEARCHES = 2

Contact = tuple[int, int, int]
"""Number of the foot, first and last row."""


def planted(joints: np.ndarray, times: np.ndarray, *, eye: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """(N, 2) True where the left and the right foot stand.

    joints: (N, 17, 3) metres, y up; times: (N,) seconds; eye: (3,) or (N, 3), where the camera is; seen: (N, 2) True
    where the foot was seen, without which it never stands. A foot stands that is slow, mostly across the line of sight,
    because depth is too uncertain to tell a still foot, and not held up high.
    """
    if len(times) < 2:
        return np.zeros((len(times), len(FEET)), dtype=bool)
    feet = joints[:, FEET]
    sight = unit((feet.mean(axis=1) - eye).mean(axis=0))
    depth = (feet @ sight)[..., None] * sight
    across = feet - depth
    moving = _speeds(across, times) / _SLOW, _speeds(depth, times) / _SLOW_IN_DEPTH
    height = feet[..., UP]
    over = np.maximum(height - _lowest_around(height, times)[:, None], height - height.min(axis=1, keepdims=True))
    standing = (np.exp(-(moving[0] ** 2) - moving[1] ** 2 - (over / _HIGH) ** 2) > _PLANTED) & seen
    for foot in range(len(FEET)):
        standing[:, foot] = _joined(_lasting(standing[:, foot], times), across[:, foot], over[:, foot], times)
    return standing


def lock_feet(joints: np.ndarray, times: np.ndarray, *, eye: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """joints (N, 17, 3) metres, y up, with each foot in one place while it stands; all bones keep their lengths.

    The others: as for `planted`. First the whole body moves, smoothly and rather along the line of sight than across,
    so that feet stay where they stand, on the floor at y = 0 unless they are well above it; then hips and knees bend
    for what is left, eased in and out before and after a contact. Contacts are sought again after the body has moved,
    because a body that drifts hides them.
    """
    shift = np.zeros((len(joints), 3))
    for _ in range(_SEARCHES):
        contacts = _contacts(planted(joints + shift[:, None], times, eye=eye, seen=seen))
        if not contacts:
            return joints
        shift = _root_shift(joints, times, contacts, eye)
    joints = joints + shift[:, None]
    places = [_place(joints[first:last + 1, FEET[foot]]) for foot, first, last in contacts]
    joints = joints + _reaching(joints, times, contacts, places)[:, None]
    for foot, leg in enumerate(LEGS):
        wanted, weight = np.zeros((len(joints), 3)), np.ones(len(joints))
        for (side, first, last), place in zip(contacts, places, strict=True):
            if side == foot:
                held = slice(first, last + 1)
                wanted[held], weight[held] = place - joints[held, leg[-1]], _HELD
        shift = smooth(wanted, times, weights=weight, cutoff=np.full(len(times), _BLEND_CUTOFF))
        joints = move_end(joints, leg, joints[:, leg[-1]] + shift, usual=usual_side(joints, leg))
    return joints


def above_floor(joints: np.ndarray, times: np.ndarray) -> np.ndarray:
    """joints (N, 17, 3) metres, y up, with no part of the body under the floor y = 0; all bones keep their lengths.

    Where both feet or another part are under it the body is lifted, smoothly; a single foot is lifted by its leg.
    """
    depth = np.maximum(-bottoms(joints, up=_VERTICAL), 0.0)
    body = np.maximum(depth[:, : len(FEET)].min(axis=1), depth[:, len(FEET):].max(axis=1))
    ankles = joints[:, FEET].copy()
    joints = joints + _eased(body, times)[:, None, None] * _VERTICAL
    for foot, leg in enumerate(LEGS):
        depth = np.maximum(_SOLE - ankles[:, foot, UP], 0.0)
        if body.any() or depth.any():
            wanted = ankles[:, foot] + _eased(depth, times)[:, None] * _VERTICAL
            joints = move_end(joints, leg, wanted, usual=usual_side(joints, leg))
    return joints


def _eased(least: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(N,) smooth and nowhere less than `least` (N,)."""
    if not least.any():
        return least
    weight = np.where(least > 0, _HELD, 1.0)
    smoothed = smooth(least[:, None], times, weights=weight, cutoff=np.full(len(times), _BLEND_CUTOFF))[:, 0]
    return np.maximum(smoothed, least)


def _contacts(stands: np.ndarray) -> list[Contact]:
    return [(foot, first, last) for foot in range(len(FEET)) for first, last in stretches(stands[:, foot])]


def _root_shift(joints: np.ndarray, times: np.ndarray, contacts: Sequence[Contact], eye: np.ndarray) -> np.ndarray:
    """What to add to the root (N, 3) metres so that feet stand still, and on the floor.

    One linear least-squares problem in the shift of each frame, the place of each contact and one offset for the whole
    track: feet are at the place of their contact, places on the floor (less so the further they are above it), shifts
    near the offset and smooth in time, the offset small.
    """
    count, span = len(joints), spans(times)
    sight = unit(joints[:, 0] - eye)
    along, across = (_FOOT / _ALONG) ** 2, (_FOOT / _ACROSS) ** 2
    small = across * np.eye(3) + (along - across) * sight[:, :, None] * sight[:, None, :]
    small = small * span[:, None, None]
    rows = np.concatenate([np.arange(first, last + 1) for _, first, last in contacts])
    owner = np.repeat(np.arange(len(contacts)), [last + 1 - first for _, first, last in contacts])
    weight = span[rows]
    seen = weight[:, None] * joints[rows, np.array(FEET)[[foot for foot, _, _ in contacts]][owner]]
    held, seconds = np.bincount(rows, weight, count), np.bincount(owner, weight)
    from_feet, from_places = np.zeros((count, 3)), np.zeros((len(contacts), 3))
    np.add.at(from_feet, rows, -seen)
    np.add.at(from_places, owner, seen)
    shifts = sparse.block_diag(list(small + held[:, None, None] * np.eye(3)))
    shifts = shifts + sparse.kron(roughness(times, np.full(count, _ROOT_CUTOFF)), sparse.eye_array(3))
    to_places = sparse.kron(sparse.coo_array((-weight, (rows, owner)), (count, len(contacts))), sparse.eye_array(3))
    to_offset = sparse.csr_array(-small.reshape(-1, 3))
    offset = sparse.csr_array(small.sum(axis=0) + (_FOOT / _OFFSET) ** 2 * np.eye(3))
    heights = from_places[:, UP] / seconds
    for _ in range(_ROUNDS):
        level = np.exp(-((np.maximum(heights - _SOLE, 0.0) / _ON_TOP) ** 2))
        pull = seconds * level * (_FOOT / _LEVEL) ** 2
        places = sparse.diags_array((seconds[:, None] + pull[:, None] * _VERTICAL).ravel())
        system = sparse.block_array([[shifts, to_places, to_offset], [to_places.T, places, None],
                                     [to_offset.T, None, offset]], format="csc")
        wanted = from_places + (pull * _SOLE)[:, None] * _VERTICAL
        moment = np.concatenate([from_feet.ravel(), wanted.ravel(), np.zeros(3)])
        # The offset's row is full: an ordering by the columns' products, the default, would fill the whole matrix.
        found = splu(system, permc_spec="MMD_AT_PLUS_A").solve(moment).reshape(-1, 3)
        heights = found[count:-1, UP]
    return found[:count]


def _place(feet: np.ndarray) -> np.ndarray:
    """Where a foot with positions (N, 3) stands: in their middle, and not under the floor."""
    place = np.median(feet, axis=0)
    place[UP] = max(place[UP], _SOLE)
    return place


def _reaching(
    joints: np.ndarray, times: np.ndarray, contacts: Sequence[Contact], places: Sequence[np.ndarray]
) -> np.ndarray:
    """What more to add to the root (N, 3) metres so that no leg has to be longer than it is."""
    shift = np.zeros((len(joints), 3))
    for _ in range(_ROUNDS):
        short = np.zeros_like(shift)
        for (foot, first, last), place in zip(contacts, places, strict=True):
            held, leg = slice(first, last + 1), LEGS[foot]
            line = place - joints[held, leg[0]] - shift[held]
            beyond = np.linalg.norm(line, axis=-1) - reach(joints[held], leg)
            short[held] += np.maximum(beyond, 0.0)[:, None] * unit(line)
        if not short.any():
            break
        weight = np.where(short.any(axis=-1), _HELD, 1.0)
        shift += smooth(short, times, weights=weight, cutoff=np.full(len(times), _BLEND_CUTOFF))
    return shift


def _speeds(feet: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(N, 2) metres per second of feet (N, 2, 3) metres."""
    return np.stack([speed(feet[:, foot], times) for foot in range(len(FEET))], axis=1)


def _lowest_around(height: np.ndarray, times: np.ndarray) -> np.ndarray:
    return minimum_filter1d(height.min(axis=1), window(_AROUND, times), mode="nearest")


def _lasting(standing: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(N,) `standing` without breaks and contacts that are shorter than a contact lasts; a hole ends a contact."""
    step = np.diff(times)
    holes = np.flatnonzero(step > max(_SHORTEST, _HOLE * float(np.median(step)))) + 1
    for rows in np.split(np.arange(len(times)), holes):
        part = standing[rows]
        for state in (False, True):
            for first, last in stretches(part == state):
                if times[rows[last]] - times[rows[first]] < _SHORTEST and (state or 0 < first <= last < len(rows) - 1):
                    part[first:last + 1] = not state
        standing[rows] = part
    standing[holes] = False
    return standing


def _joined(standing: np.ndarray, foot: np.ndarray, over: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(N,) `standing` without the breaks in which the foot, at (N, 3) and `over` (N,) metres up, makes no step."""
    contacts = stretches(standing)
    for (begin, before), (after, end) in pairwise(contacts):
        gone = np.linalg.norm(foot[after:end + 1].mean(axis=0) - foot[begin:before + 1].mean(axis=0))
        low = over[before:after + 1].max() < _LEAST_STEP
        if low and gone < _LEAST_STEP and times[after] - times[before] < _QUICKEST_STEP:
            standing[before:after] = True
    return standing
