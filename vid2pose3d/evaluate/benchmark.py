"""What a protocol hands out: batches of windows with their truth, and how the results are averaged."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from vid2pose3d.camera import project_through_lens
from vid2pose3d.errors import InputError
from vid2pose3d.evaluate.pose_clusters import PoseClusters
from vid2pose3d.lift import Lifter
from vid2pose3d.lift.aggregate import jpma, nearest_hypotheses, take_hypotheses
from vid2pose3d.skeleton import JointSet

STRUCTURES = 50
"""Clusters of the pose structure score."""


@dataclass(frozen=True)
class KnownCamera:
    """The true root and camera, with which the papers aggregate. No video has them."""

    root: np.ndarray
    """(B, F, 1, 3) metres, camera frame."""
    xy: np.ndarray
    """(B, F, J, 2) 2D in the unit of `lens`."""
    lens: np.ndarray
    """(9,) see camera.project_through_lens."""

    def nearest(self, poses: np.ndarray) -> np.ndarray:
        """Index (B, F, J) of the hypothesis of (B, H, F, J, 3) whose joint projects nearest to the 2D."""
        return nearest_hypotheses(project_through_lens(poses + self.root[:, None], self.lens), self.xy)

    def j_agg(self, poses: np.ndarray) -> np.ndarray:
        """Poses (B, F, J, 3) of hypotheses (B, H, F, J, 3), metres, camera frame."""
        return take_hypotheses(poses, self.nearest(poses))


@dataclass(frozen=True)
class KnownRays:
    """The 2D alone, with which `run` aggregates: the root is estimated."""

    rays: np.ndarray
    """(B, F, J, 2) at z = 1 of the network's view."""
    confidence: np.ndarray
    """(B, F, J) 0..1."""
    camera_from_view: np.ndarray
    """(B, 3, 3)."""

    def j_agg(self, poses: np.ndarray) -> np.ndarray:
        """Poses (B, F, J, 3) of hypotheses (B, H, F, J, 3), metres, camera frame."""
        seen = jpma(poses @ self.camera_from_view[:, None, None], self.rays, self.confidence)
        return seen @ self.camera_from_view[:, None].swapaxes(-1, -2)


@dataclass(frozen=True)
class WindowBatch:
    """B windows of F frames that are lifted and scored together."""

    column: str
    """Of the tables."""
    number: tuple[int, ...]
    """Fixes, with a run's seed, the noise; whichever other batches are scored."""
    actions: list[str | None]
    """The true prompts: one for all windows, or B."""
    x2d: np.ndarray
    """(B, F, J, C) the network's input."""
    camera_from_view: np.ndarray
    """(B, 3, 3) rotation of the network's poses into the camera frame."""
    truth: np.ndarray
    """(B, F, J, 3) metres, camera frame, relative to the pelvis."""
    scored: np.ndarray
    """(B, F) True for the frames that count."""
    sight: KnownCamera | KnownRays
    tilt: np.ndarray | None = None
    """(B,) degrees between the trunk and the vertical, where it is known."""


@dataclass(frozen=True)
class Benchmark:
    """A protocol over the data that it was given."""

    title: str
    columns: dict[str, str]
    """What is averaged by itself, and its short title."""
    average: Literal["columns", "windows"]
    """Over what the last column is the mean."""
    as_released: bool
    """Score as D3DP and FinePOSE do: the root's estimate is set to zero and P-Best takes one hypothesis a batch."""
    batches: Callable[[], Iterable[WindowBatch]]
    windows: int
    joints: JointSet
    clusters: PoseClusters
    facts: tuple[str, ...]
    """What a reader of the numbers must know, a sentence each."""


def require_joints(lifter: Lifter, protocol: str, joints: JointSet, cure: str) -> None:
    """Raises InputError where the weights do not take and give these joints."""
    seen, posed = lifter.config.joints_2d, lifter.config.joints_3d
    if (seen, posed) != (joints.name, joints.name):
        raise InputError(f"--weights {lifter.name}: makes {posed} poses of {seen} keypoints, and --protocol {protocol} "
                         f"has {joints.name}; {cure}")


def require_known(option: str, wanted: Sequence[str], known: Sequence[str], where: str) -> None:
    """Raises InputError, listing the known ones, where an option names something else."""
    for name in wanted:
        if name not in known:
            raise InputError(f"--{option} {name}: not in {where}, which has {', '.join(known)}")


def clusters_of(poses: np.ndarray) -> PoseClusters:
    """Clusters for the pose structure score from true poses (N, J, 3); fewer than usual where N is smaller."""
    return PoseClusters.of(poses, clusters=min(STRUCTURES, len(poses)))
