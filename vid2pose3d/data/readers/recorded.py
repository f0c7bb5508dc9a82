"""What the readers give: named points in the file's own unit and axes."""

from dataclasses import dataclass, field

import numpy as np
from scipy.spatial.transform import Rotation

END = " end"
"""Ending of the name of a point at the far end of a bone that carries no joint, after the bone's own name."""


@dataclass(frozen=True)
class Recorded:
    """The motion of one body as a file states it: N points over F frames."""

    format: str
    fps: float
    names: tuple[str, ...]
    positions: np.ndarray
    """(F, N, 3) the file's unit and axes; NaN where a point was not seen."""
    parents: tuple[int, ...] | None = None
    """Index of each point's parent, -1 for the root; None for points without a hierarchy."""
    turns: tuple[Rotation, ...] | None = None
    """F world rotations of every point's bone against the rest pose."""
    rest: np.ndarray | None = None
    """(N, 3) positions with all rotations zero."""
    metres_per_unit: float | None = None
    """As the file states it."""
    notes: tuple[str, ...] = ()
    """What was assumed in reading."""

    def __len__(self) -> int:
        return len(self.positions)


@dataclass(frozen=True)
class Bone:
    """A joint and the rigid part that it turns."""

    name: str
    parent: int
    """Index of the parent, which comes earlier; -1 for the root."""
    offset: np.ndarray
    """(3,) from the parent in the rest pose, or (F, 3) where it changes; for the root its place."""
    turn: Rotation | None = field(default=None)
    """F rotations against the parent; None: it follows the parent."""


def pose(bones: list[Bone], frames: int) -> tuple[np.ndarray, tuple[Rotation, ...]]:
    """Forward kinematics: positions (F, N, 3) and N times F world rotations."""
    positions = np.empty((frames, len(bones), 3))
    turns: list[Rotation] = []
    for index, bone in enumerate(bones):
        parent_turn = Rotation.identity(frames) if bone.parent < 0 else turns[bone.parent]
        place = bone.offset if bone.parent < 0 else positions[:, bone.parent] + parent_turn.apply(bone.offset)
        positions[:, index] = place
        turns.append(parent_turn if bone.turn is None else parent_turn * bone.turn)
    return positions, tuple(turns)


def rest_positions(parents: tuple[int, ...], offsets: list[np.ndarray]) -> np.ndarray:
    """(N, 3) positions with all rotations zero, the root at its offset."""
    places: list[np.ndarray] = []
    for parent, offset in zip(parents, offsets, strict=True):
        places.append(offset if parent < 0 else places[parent] + offset)
    return np.array(places)


def whole_rate(fps: float) -> float:
    """The frame rate, or the whole number that it is a rounded form of: files write 1/120 s as .0083333."""
    nearest = round(fps)
    return float(nearest) if nearest and abs(fps - nearest) < 1e-3 * nearest and abs(fps - nearest) < 0.02 else fps
