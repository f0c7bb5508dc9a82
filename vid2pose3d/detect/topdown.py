"""What the top-down detectors share: first people's boxes, then the joints inside each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from vid2pose3d.motion import Keypoints2D
from vid2pose3d.skeleton import COCO17

PERSON_SCORE = 0.3
"""Least score of a person's box, as in MMPose's demos."""
PERSON_CLASS = 0
"""Number of the class person, in COCO's order and where it is the only one."""
BATCH = 8
"""Frames that are looked at together."""
MOST_CROPS = 32
"""People whose joints are looked for together."""

Item = TypeVar("Item")


@dataclass(frozen=True)
class Boxes:
    """People in one picture."""

    xyxy: np.ndarray
    """(N, 4) pixels of the picture."""
    scores: np.ndarray
    """(N,) 0..1."""

    @classmethod
    def inside(cls, xyxy: np.ndarray, scores: np.ndarray, labels: np.ndarray, *, size: tuple[int, int]) -> "Boxes":
        """The sure people of a detector's (N, 4) boxes, (N,) scores and (N,) classes, cut to a picture of
        `size` (width, height)."""
        width, height = size
        cut = np.clip(xyxy, 0.0, [width, height, width, height])
        sides = cut[:, 2:] - cut[:, :2]
        keep = (scores >= PERSON_SCORE) & (labels == PERSON_CLASS) & (sides >= 1.0).all(axis=1)
        return cls(cut[keep].astype(np.float64), scores[keep].astype(np.float64))


def chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Runs of at most `size` items."""
    return (items[begin:begin + size] for begin in range(0, len(items), size))


def in_frames(parts: Sequence[tuple[np.ndarray, np.ndarray]], boxes: Sequence[Boxes]) -> list[list[Keypoints2D]]:
    """The people of each frame; parts: (N, J, 2) points and (N, J) scores of everybody, in the order of the boxes."""
    if not parts:
        return [[] for _ in boxes]
    ends = np.cumsum([len(found.xyxy) for found in boxes])[:-1]
    xy, confidence = (np.split(np.concatenate(values), ends) for values in zip(*parts, strict=True))
    return [_coco_people(*found) for found in zip(xy, confidence, boxes, strict=True)]


def _coco_people(xy: np.ndarray, confidence: np.ndarray, boxes: Boxes) -> list[Keypoints2D]:
    """One picture's people; xy (N, J, 2) and confidence (N, J) of joints that begin with COCO's 17."""
    joints = len(COCO17)
    return [
        Keypoints2D(points[:joints].astype(np.float64), np.clip(sure[:joints], 0.0, 1.0).astype(np.float64), box,
                    float(np.clip(score, 0.0, 1.0)))
        for points, sure, box, score in zip(xy, confidence, boxes.xyxy, boxes.scores, strict=True)
    ]
