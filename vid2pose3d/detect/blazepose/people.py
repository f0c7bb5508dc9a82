"""What makes a pose believable, and when two poses are the same person."""

import numpy as np

from vid2pose3d.detect.blazepose.landmarks import Pose
from vid2pose3d.motion import Keypoints2D
from vid2pose3d.skeleton import BLAZEPOSE33

SURE = 0.5
"""Confidence from which a joint counts as seen."""

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


def _similarity(a: Keypoints2D, b: Keypoints2D, joints_of_b: list[int] | np.ndarray) -> float:
    weight = np.minimum(a.confidence[_COMPARED], b.confidence[joints_of_b])
    both = weight >= SURE / 2
    if both.sum() < 3:
        return 0.0
    scale = np.sqrt(min(np.prod(a.bbox[2:] - a.bbox[:2]), np.prod(b.bbox[2:] - b.bbox[:2])))
    distance = np.linalg.norm(a.xy[_COMPARED] - b.xy[joints_of_b], axis=1)
    near = np.exp(-(distance / (max(scale, 1e-6) * _TOLERANCE)) ** 2 / 2)
    return float(np.average(near[both], weights=weight[both]))
