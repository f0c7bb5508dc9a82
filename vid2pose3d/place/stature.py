"""How tall people are: measured on the skeleton, given, or the average, and made to fit the floor that they share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vid2pose3d.skeleton import H36M17

AVERAGE = 1.71
"""Metres, for people of whom nothing is known: the middle of adult women and men in Europe and North America
(NCD-RisC, eLife 2016)."""

_ENDS = 0.08 + 0.09
"""Metres from the sole to the ankle, and from the head's joint to the crown."""
_MIDDLE = ("pelvis", "spine", "thorax", "neck_nose", "head")
_LEGS = (("left_ankle", "left_knee", "left_hip"), ("right_ankle", "right_knee", "right_hip"))

_SPREAD = 0.055
"""Share by which adults' statures differ from the average: 5 % within, and what the sexes differ, once more."""
_GIVEN_SPREAD = 0.015
"""Share by which a given stature, and the skeleton's as measured, are wrong."""
_LEVEL = 0.03
"""Metres by which the height of someone's floor under the camera is wrong, for a person at the usual distance."""
_TILT = 0.04
"""Radians by which the vertical is wrong: the further in depth people are apart, the less their floors say."""
_ELSEWHERE = 0.1
"""Metres from the common floor at which someone likely stands on something else."""
_SMALLEST = 0.45
"""Share of the average stature that a small child has."""
_ROUNDS = 20

Heights = float | Mapping[int, float] | None
"""Metres: of everyone, of some people by id, or unknown."""


@dataclass(frozen=True)
class FloorLevel:
    """Where one person's floor lies, as its assumed size has it."""

    level: float
    """Metres along the vertical over the camera (so mostly below 0); NaN where nothing of it stood on a floor."""
    depth: float
    """Metres in front of the camera."""
    known: bool
    """Whether its stature was given."""


def stature(joints: np.ndarray) -> float:
    """Metres that the person measures when standing straight: sole, legs, trunk, head and crown in one line.

    joints: (N, 17, 3) metres. The median over the frames.
    """
    return float(np.median(_length(joints))) + _ENDS


def scale_to(height: float, joints: np.ndarray) -> float:
    """Factor on joints (N, 17, 3) metres after which their `stature` is `height` metres."""
    return (height - _ENDS) / max(float(np.median(_length(joints))), 1e-6)


def given_height(heights: Heights, person: int) -> float | None:
    """Metres; None where it was not given."""
    return heights.get(person) if isinstance(heights, Mapping) else heights


def common_floor(floors: Sequence[FloorLevel]) -> tuple[np.ndarray, float]:
    """Factors (P,) on people's sizes that put them on one floor as far as they may, and its level in metres.

    Scaled about the camera, a person looks the same and its floor's level scales with it. Statures are near the
    average, or given; whoever would have to be much larger to stand on the others' floor stands on something, and
    keeps the average; whoever would have to be much smaller is a child, because nobody stands below the floor.
    """
    factors = np.ones(len(floors))
    stand = np.isfinite([floor.level for floor in floors])
    if not stand.any():
        return factors, float("nan")
    standing = [floor for floor in floors if np.isfinite(floor.level)]
    level = np.array([floor.level for floor in standing])
    known = np.array([floor.known for floor in standing])
    spread, error = level_errors(standing)
    found, common = _fit(level, spread, error, start=_most_common(level))
    child = ~known & (found * level < common - _ELSEWHERE) & (common / level > _SMALLEST)
    found[child] = common / level[child]
    factors[stand] = found
    return factors, common


def level_errors(floors: Sequence[FloorLevel]) -> tuple[np.ndarray, np.ndarray]:
    """Shares (M,) by which people's sizes are wrong, and metres (M,) by which their floors' levels are besides."""
    depth = np.array([floor.depth for floor in floors])
    spread = np.where([floor.known for floor in floors], _GIVEN_SPREAD, _SPREAD)
    return spread, np.hypot(_LEVEL, _TILT * (depth - np.median(depth)))


def _fit(level: np.ndarray, spread: np.ndarray, error: np.ndarray, *, start: float) -> tuple[np.ndarray, float]:
    """Factors f (M,) near 1 and the common level that minimise two sums over people.

    They are ((f - 1) / spread)^2 and rho((f level - common) / error), where rho is Geman and McClure's, which lets go
    of whoever is far from the others.
    """
    found, common = np.ones(len(level)), start
    for _ in range(_ROUNDS):
        weight = 1 / (error * (1 + ((found * level - common) / _ELSEWHERE) ** 2)) ** 2
        pull = 1 / (spread**2 * level**2 + 1 / weight)
        common = float((pull * level).sum() / pull.sum())
        found = 1 + spread**2 * level * pull * (common - level)
    return found, common


def _most_common(level: np.ndarray) -> float:
    """The level that most others are near; of several such ones, the lowest."""
    near = np.exp(-(((level[:, None] - level) / _ELSEWHERE) ** 2)).sum(axis=1)
    best = level[near > near.max() - 0.5]
    return float(best.min())


def _length(joints: np.ndarray) -> np.ndarray:
    """Length (N,) of legs, trunk and head in one line."""
    legs = np.mean([_chain(joints, leg) for leg in _LEGS], axis=0)
    return np.asarray(legs + _chain(joints, _MIDDLE))


def _chain(joints: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """Length (N,) of the line through those joints."""
    places = joints[:, H36M17.indices(names)]
    return np.asarray(np.linalg.norm(np.diff(places, axis=1), axis=-1).sum(axis=-1))
