"""What every 2D detector offers to the pipeline, and what it may be told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from vid2pose3d.motion import Keypoints2D
from vid2pose3d.skeleton import JointSet


class Detector(Protocol):
    """Finds people in the frames of one clip, given in order; it may remember earlier frames."""

    name: str
    joint_set: JointSet
    batch: int
    """Frames that are best given at once."""

    def detect_frames(self, images: Sequence[np.ndarray]) -> list[list[Keypoints2D]]:
        """People in each upright (H, W, 3) uint8 RGB picture, in no order; pixels of that picture."""
        ...

    def reset(self) -> None:
        """Forget earlier frames, so that another clip can follow."""
        ...


@dataclass(frozen=True)
class DetectorOptions:
    """What a user may choose about a detector; each back-end refuses what it has no use for."""

    weights: Path | None = None
    """The network that finds joints."""
    person_detector: str | None = None
    """The kind of network that finds people."""
    person_weights: Path | None = None
    trust_checkpoint: bool = False
    """Weights files may execute what they ask for."""
    device: str = "auto"
    threads: int | None = None
    """Most CPU threads of its networks; None: the back-end's own choice."""
    progress: Callable[[str, int, int | None], None] | None = None
    """Is told the stage, how much of it is done, and of how much (None: unknown), while weights are downloaded."""
