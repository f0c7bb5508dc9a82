"""What a foreign file says: everybody in every frame, as a table, before anyone has an identity or a clip."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vid2pose3d.detect.foreign.joints import JointOrder
from vid2pose3d.errors import InputError
from vid2pose3d.motion import Clip
from vid2pose3d.skeleton import JointSet


@dataclass
class Sights:
    """N sights of people, in the file's order."""

    joint_set: JointSet
    numbers: np.ndarray
    """(N,) frame numbers, as the file counts them."""
    ids: np.ndarray | None
    """(N,) int identities; None where the file has none, or not for everybody."""
    xy: np.ndarray
    """(N, J, 2) pixels, or shares of the picture where `normalised`; NaN where unknown."""
    confidence: np.ndarray
    """(N, J) 0..1, 0 where unknown."""
    bbox: np.ndarray
    """(N, 4) x0 y0 x1 y1 pixels, NaN where the file has no box."""
    score: np.ndarray
    """(N,) 0..1, how sure the detector is of the person; NaN where the file does not say."""
    interpolated: np.ndarray
    """(N,) True where the file says that the person was not seen."""
    listed: np.ndarray
    """Numbers of all frames that the file lists, increasing, also of those without anybody."""
    first: int
    """Number that this format gives to a clip's first frame."""
    times: dict[int, float] = field(default_factory=dict)
    """Seconds of frames by number, where the file has them."""
    size: tuple[int, int] | None = None
    """Width and height of the picture, where the file has them."""
    fps: float | None = None
    normalised: bool = False
    clip: Clip | None = None
    """The clip, where this program wrote the file."""
    detector: str | None = None
    """What found the keypoints, where this program wrote the file."""


class Collector:
    """Gathers sights row by row; the rows' errors name the file and the frame."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._numbers: list[int] = []
        self._ids: list[int | None] = []
        self._joints: list[np.ndarray] = []
        self._boxes: list[np.ndarray] = []
        self._scores: list[float] = []
        self._interpolated: list[bool] = []
        self._listed: set[int] = set()
        self.times: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    def list_frame(self, number: int, time: float | None = None) -> None:
        """Note a frame, whether or not anybody is in it."""
        self._listed.add(number)
        if time is not None:
            self.times[number] = float(time)

    def add(
        self, number: int, joints: np.ndarray, *, id: int | None = None, bbox: np.ndarray | None = None,
        score: float | None = None, interpolated: bool = False,
    ) -> None:
        """One person in one frame. joints: (J, 3) x, y, confidence. Raises InputError for another J than before."""
        if self._joints and len(joints) != len(self._joints[0]):
            raise InputError(f"{self._path}: frame {number} has a person of {len(joints)} joints, others have "
                             f"{len(self._joints[0])}; give files of one model at a time")
        self.list_frame(number)
        self._numbers.append(number)
        self._ids.append(id)
        self._joints.append(joints.astype(np.float64))
        self._boxes.append(np.full(4, np.nan) if bbox is None else bbox)
        self._scores.append(np.nan if score is None else float(score))
        self._interpolated.append(interpolated)

    @property
    def joint_count(self) -> int | None:
        """Joints of a person; None where nobody was added."""
        return len(self._joints[0]) if self._joints else None

    def sights(self, order: JointOrder, *, first: int, **known: Any) -> Sights:
        """The table; `known` are further fields of Sights."""
        placed = np.full((len(self), len(order.joint_set), 3), np.nan)
        if len(self):
            placed[:, order.places] = np.array(self._joints)
        xy, confidence = cleaned(placed)
        ids = None if None in self._ids or not self._ids else np.array(self._ids, dtype=int)
        return Sights(
            joint_set=order.joint_set, numbers=np.array(self._numbers, dtype=int), ids=ids, xy=xy,
            confidence=confidence, bbox=np.array(self._boxes, dtype=float).reshape(-1, 4),
            score=np.clip(np.array(self._scores, dtype=float), 0.0, 1.0),
            interpolated=np.array(self._interpolated, dtype=bool), listed=np.array(sorted(self._listed), dtype=int),
            first=first, times=self.times, **known,
        )


def cleaned(joints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions (..., J, 2) and confidences (..., J) of joints (..., J, 3).

    What is not finite, or at exactly (0, 0), where other programs put what they did not see, is NaN with confidence 0.
    """
    xy, confidence = joints[..., :2].copy(), joints[..., 2]
    unknown = ~np.isfinite(xy).all(axis=-1) | (xy == 0).all(axis=-1)
    xy[unknown] = np.nan
    confidence = np.clip(np.nan_to_num(confidence, nan=0.0, posinf=0.0, neginf=0.0), 0.0, 1.0)
    return xy, np.where(unknown, 0.0, confidence)


def triples(values: Any, path: Path, place: str) -> np.ndarray:
    """(J, 3) of a flat list x, y, c, x, y, c, ...; null and NaN are unknown. Raises InputError for anything else."""
    flat = floats(values, path, place)
    if flat.ndim != 1 or len(flat) % 3:
        raise InputError(f"{path}: {place} has {flat.size} numbers, which are not x, y, confidence of joints; "
                         "write the file again")
    return flat.reshape(-1, 3)


def floats(values: Any, path: Path, place: str) -> np.ndarray:
    """A list of numbers, or an even table of them, as floats. Raises InputError for anything else."""
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}: {place} is not an even list of numbers; write the file again") from error


def corners(box: Any, path: Path, place: str, *, sized: bool = False) -> np.ndarray | None:
    """(4,) x0 y0 x1 y1 of a box, given so or, where `sized`, as x, y, width, height; None where there is none."""
    if box is None:
        return None
    values = floats(box, path, place).ravel()
    if len(values) < 4:
        return None
    return np.concatenate([values[:2], values[:2] + values[2:4]]) if sized else values[:4]


def whole_number(value: Any, path: Path, place: str) -> int:
    """A count or identity as int; also of 3.0 and of [3.0]. Raises InputError for anything else."""
    while isinstance(value, Sequence) and not isinstance(value, str) and value:
        value = value[0]
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or int(value) != value:
        raise InputError(f"{path}: {place} is {value!r}; it must be a whole number")
    return int(value)
