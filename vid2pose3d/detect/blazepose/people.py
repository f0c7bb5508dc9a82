"""What makes a pose believable, and when two poses are the same person."""

import cv2
import numpy as np

from vid2pose3d.detect.blazepose.landmarks import Pose
from vid2pose3d.motion import Keypoints2D
from vid2pose3d.skeleton import BLAZEPOSE33

SURE = 0.5
"""Confidence from which a joint counts as seen."""

PAINTED = 0.3
"""Confidence of both its ends from which a limb is painted over."""
BRUSH = 0.09
"""Thickness of painted limbs over the side of the body's region."""

_TRUNK = [("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"), ("left_shoulder", "right_hip"),
          ("right_shoulder", "left_hip"), ("nose", "left_shoulder"), ("nose", "right_shoulder")]
_HALF = [("shoulder", "ear"), ("shoulder", "elbow"), ("elbow", "wrist"), ("shoulder", "hip"), ("hip", "knee"),
         ("knee", "ankle"), ("ankle", "foot_index")]
_STROKES = [BLAZEPOSE33.indices(pair) for pair in
            [*_TRUNK, *((f"{side}_{a}", f"{side}_{b}") for side in ("left", "right") for a, b in _HALF)]]

# Per-joint tolerances of the COCO keypoint similarity (twice its sigmas), for the joints that both sets have.
_TOLERANCES = {"nose": 0.052, "ear": 0.07, "shoulder": 0.158, "elbow": 0.144, "wrist": 0.124, "hip": 0.214,
               "knee": 0.174, "ankle": 0.178}
_COMPARED = [i for i, joint in enumerate(BLAZEPOSE33.joints) if joint.split("_")[-1] in _TOLERANCES]
_TOLERANCE = np.array([_TOLERANCES[BLAZEPOSE33.joints[i].split("_")[-1]] for i in _COMPARED])
_MIRRORED = BLAZEPOSE33.mirror[_COMPARED]


def joint_confidence(pose: Pose, width: int, height: int) -> np.ndarray:
    """(33,) visibility times presence, zero outside the picture."""
    x, y = pose.xy.T
    inside = (x >= 0) & (y >= 0) & (x <= width) & (y <= height)
    return np.where(inside, pose.visibility * pose.presence, 0.0)


def keypoints(pose: Pose, width: int, height: int) -> Keypoints2D:
    """The pose as the pipeline takes it; its box holds the joints that are seen, within the picture."""
    confidence = joint_confidence(pose, width, height)
    shown = pose.xy[confidence >= min(SURE, confidence.max())]
    box = np.clip(np.concatenate([shown.min(axis=0), shown.max(axis=0)]), 0, [width, height] * 2)
    return Keypoints2D(xy=pose.xy, confidence=confidence, bbox=box, score=pose.score)


def similarity(a: Keypoints2D, b: Keypoints2D) -> float:
    """How far two poses are the same person's, 0..1: keypoint similarity over the joints that both see.

    A pose with left and right swapped counts as the same. 0 where they share less than three seen joints.
    """
    return max(_similarity(a, b, _COMPARED), _similarity(a, b, _MIRRORED))


def painted_over(image: np.ndarray, people: list[tuple[Keypoints2D, float]]) -> np.ndarray:
    """A copy of a picture (H, W, 3) uint8 with people, each given with their region's side, painted over.

    What is left shows who stands behind them, and none of their limbs passes for somebody else.
    """
    picture = image.copy()
    colour = cv2.mean(image)[:3]
    for seen, side in people:
        points = np.clip(seen.xy, -1e4, 1e4).round().astype(int)
        for a, b in _STROKES:
            if min(seen.confidence[a], seen.confidence[b]) >= PAINTED:
                cv2.line(picture, points[a].tolist(), points[b].tolist(), colour, max(1, round(BRUSH * side)))
    return picture


def share_inside(box: np.ndarray, other: np.ndarray) -> float:
    """Share (0..1) of a box's area that lies inside another; boxes (4,) x0 y0 x1 y1."""
    common = np.maximum(np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2]), 0)
    return float(np.prod(common) / max(np.prod(box[2:] - box[:2]), 1e-6))


def _similarity(a: Keypoints2D, b: Keypoints2D, joints_of_b: list[int] | np.ndarray) -> float:
    weight = np.minimum(a.confidence[_COMPARED], b.confidence[joints_of_b])
    both = weight >= SURE / 2
    if both.sum() < 3:
        return 0.0
    scale = np.sqrt(min(np.prod(a.bbox[2:] - a.bbox[:2]), np.prod(b.bbox[2:] - b.bbox[:2])))
    distance = np.linalg.norm(a.xy[_COMPARED] - b.xy[joints_of_b], axis=1)
    near = np.exp(-(distance / (max(scale, 1e-6) * _TOLERANCE)) ** 2 / 2)
    return float(np.average(near[both], weights=weight[both]))
