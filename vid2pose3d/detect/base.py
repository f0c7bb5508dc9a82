"""What every 2D detector offers to the pipeline."""

from typing import Protocol

import numpy as np

from vid2pose3d.motion import Keypoints2D
from vid2pose3d.skeleton import JointSet


class Detector(Protocol):
    """Finds people in the frames of one clip, given in order; it may remember earlier frames."""

    name: str
    joint_set: JointSet

    def detect(self, image: np.ndarray) -> list[Keypoints2D]:
        """People in an upright (H, W, 3) uint8 RGB picture, in no order; pixels of that picture."""
        ...

    def reset(self) -> None:
        """Forget earlier frames, so that another clip can follow."""
        ...
