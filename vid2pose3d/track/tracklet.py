"""The compact record of one person seen over several frames, and what is measured on a single sight."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from vid2pose3d.motion import Keypoints2D
from vid2pose3d.skeleton import JointSet
from vid2pose3d.track.similarity import seen

_TORSO = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")


@dataclass
class Sight:
    """One detection as the tracker sees it."""

    xy: np.ndarray
    """(J, 2) pixels."""
    confidence: np.ndarray
    """(J,)"""
    bbox: np.ndarray
    """(4,) pixels."""
    score: float
    centre: np.ndarray
    """(2,) pixels, middle of the torso, of all joints where the torso is not seen."""
    size: float
    """Pixels, longer side of the box of all joints, guessed ones too."""
    look: np.ndarray | None = None
    """Colour description, where one was taken."""

    @classmethod
    def of(cls, found: Keypoints2D, joint_set: JointSet) -> "Sight":
        bbox = np.asarray(found.bbox, dtype=float)
        torso = joint_set.indices(_TORSO)
        clear = seen(found.xy[torso], found.confidence[torso])
        known = np.isfinite(found.xy).all(axis=-1)
        # With guessed joints too: behind a desk the box of the others shrinks and moves, the person does not.
        corners = np.concatenate([bbox.reshape(2, 2), found.xy[known]])
        low, high = corners.min(axis=0), corners.max(axis=0)
        centre = found.xy[torso].mean(axis=0) if known[torso].all() and clear.sum() >= 2 else (low + high) / 2.0
        size = max(*(high - low), 1.0)
        score = float(found.score) if np.isfinite(found.score) else float(np.nanmean(found.confidence))
        return cls(
            np.asarray(found.xy, dtype=float),
            np.asarray(found.confidence, dtype=float),
            bbox,
            score,
            centre,
            float(size),
        )


@dataclass
class Tracklet:
    """Sights of one person in order of time. `steps` count the frames that the tracker was shown."""

    joint_count: int
    steps: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    rows: list[np.ndarray] = field(default_factory=list)
    """Each float32: J x (x, y, confidence), box (4), score, centre (2), size."""
    looks: dict[int, np.ndarray] = field(default_factory=dict)
    """Colour descriptions by step; far fewer than steps."""

    def __len__(self) -> int:
        return len(self.steps)

    def add(self, step: int, time: float, sight: Sight) -> None:
        joints = np.column_stack([sight.xy, sight.confidence]).ravel()
        row = np.concatenate([joints, sight.bbox, [sight.score], sight.centre, [sight.size]])
        self.steps.append(step)
        self.times.append(time)
        self.rows.append(row.astype(np.float32))
        if sight.look is not None:
            self.looks[step] = sight.look

    def part(self, keep: Iterable[int]) -> "Tracklet":
        """A tracklet of the sights at these positions."""
        keep = list(keep)
        steps = [self.steps[i] for i in keep]
        return Tracklet(
            self.joint_count,
            steps,
            [self.times[i] for i in keep],
            [self.rows[i] for i in keep],
            {step: self.looks[step] for step in steps if step in self.looks},
        )

    def table(self) -> "Table":
        return Table(np.array(self.steps), np.array(self.times), np.stack(self.rows), self.joint_count)


def joined(parts: Sequence[Tracklet]) -> Tracklet:
    """One tracklet of several that follow each other in time."""
    whole = Tracklet(parts[0].joint_count)
    for part in parts:
        whole.steps += part.steps
        whole.times += part.times
        whole.rows += part.rows
        whole.looks |= part.looks
    return whole


@dataclass(frozen=True)
class Table:
    """A tracklet's sights as arrays over its N sights."""

    steps: np.ndarray
    times: np.ndarray
    rows: np.ndarray
    joint_count: int

    @property
    def xy(self) -> np.ndarray:
        """(N, J, 2) pixels."""
        return self._joints[..., :2]

    @property
    def confidence(self) -> np.ndarray:
        """(N, J)"""
        return self._joints[..., 2]

    @property
    def bbox(self) -> np.ndarray:
        """(N, 4) pixels."""
        return self.rows[:, 3 * self.joint_count :][:, :4]

    @property
    def score(self) -> np.ndarray:
        """(N,)"""
        return self.rows[:, -4]

    @property
    def centre(self) -> np.ndarray:
        """(N, 2) pixels."""
        return self.rows[:, -3:-1]

    @property
    def size(self) -> np.ndarray:
        """(N,) pixels."""
        return self.rows[:, -1]

    @property
    def _joints(self) -> np.ndarray:
        return self.rows[:, : 3 * self.joint_count].reshape(len(self.rows), self.joint_count, 3)
