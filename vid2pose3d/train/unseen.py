"""Joints that no frame of a window shows, as foreign keypoints leave them out."""

import numpy as np

from vid2pose3d.lift.unseen import guessed
from vid2pose3d.skeleton import H36M17

_TRUNK = H36M17.indices(("pelvis", "spine", "thorax"))
_PARTS = tuple(H36M17.indices(joints) for joints in (
    ("left_knee", "left_ankle", "right_knee", "right_ankle"), ("left_ankle", "right_ankle"),
    ("left_hip", "left_knee", "left_ankle", "right_hip", "right_knee", "right_ankle", "pelvis", "spine"),
    ("left_elbow", "left_wrist"), ("right_elbow", "right_wrist"), ("left_wrist", "right_wrist"),
    ("left_knee", "left_ankle"), ("right_knee", "right_ankle"), ("neck_nose", "head"), ("neck_nose",), ("head",)))
"""What a picture cuts off, what hides behind other things, and what some joint sets lack."""
_SINGLES = 3
"""Most joints that are lost apart from any part."""


def lose_joints(rays: np.ndarray, confidence: np.ndarray, *, share: float,
                rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Copies in which a share of the windows lacks a part of the body or some joints, guessed as the lifter would.

    rays: (B, F, 17, 2), confidence: (B, F, 17).
    """
    chosen = np.flatnonzero(rng.random(len(rays)) < share)
    rays, confidence = rays.copy(), confidence.copy()
    for window in chosen.tolist():
        lost = np.array(_PARTS[rng.integers(len(_PARTS))])
        if rng.random() < 0.5:
            limbs = np.setdiff1d(np.arange(len(H36M17)), _TRUNK)
            lost = rng.choice(limbs, rng.integers(1, _SINGLES + 1), replace=False)
        seen = rays[window].copy()
        seen[:, lost] = np.nan
        rays[window], confidence[window] = guessed(seen, confidence[window])
    return rays, confidence
