"""Conversions between joint sets, declared by joint names as weighted sums."""

import numpy as np

from vid2pose3d.skeleton.joint_set import JointSet
from vid2pose3d.skeleton.sets import BLAZEPOSE33, COCO17, H36M17

# What COCO and BlazePose do not have is approximated from what they do. `pelvis` is exact by Human3.6M's definition
# (middle of the hips). `spine`, `thorax` and `head` lie on the line hips - shoulders - ears, where a standing person
# has them; bending the back moves the true spine joint off that line by a few centimetres. Hips and shoulders are
# taken as they are, though each set puts them a few centimetres apart.
_LIMBS = ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
_FROM_FACE: dict[str, dict[str, float]] = {
    **{f"{side}_{limb}": {f"{side}_{limb}": 1.0} for side in ("left", "right") for limb in _LIMBS},
    "pelvis": {"left_hip": 0.5, "right_hip": 0.5},
    "spine": {"left_hip": 0.26, "right_hip": 0.26, "left_shoulder": 0.24, "right_shoulder": 0.24},
    "thorax": {"left_shoulder": 0.5, "right_shoulder": 0.5},
    "neck_nose": {"nose": 1.0},
    "head": {"left_ear": 0.9, "right_ear": 0.9, "left_shoulder": -0.4, "right_shoulder": -0.4},
}

_TO_H36M17 = {COCO17.name: _FROM_FACE, BLAZEPOSE33.name: _FROM_FACE}


def to_h36m17(xy: np.ndarray, confidence: np.ndarray, source: JointSet) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints of `source` as Human3.6M's 17 joints.

    xy: (..., J, D), confidence: (..., J). Returns (..., 17, D) and (..., 17); a joint made from several has the
    lowest of their confidences, and NaN where one of them is NaN. Raises ValueError for an unknown `source`.
    """
    if source.name == H36M17.name:
        return xy, confidence
    if source.name not in _TO_H36M17:
        known = ", ".join((H36M17.name, *_TO_H36M17))
        raise ValueError(f"no conversion from joint set {source.name!r} to h36m17; known are {known}")
    recipe = _TO_H36M17[source.name]
    joints, scores = [], []
    for name in H36M17.joints:
        parts = source.indices(tuple(recipe[name]))
        weights = np.array(list(recipe[name].values()))
        joints.append(np.einsum("...jd,j->...d", xy[..., parts, :], weights))
        scores.append(confidence[..., parts].min(axis=-1))
    return np.stack(joints, axis=-2), np.stack(scores, axis=-1)
