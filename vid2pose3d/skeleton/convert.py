"""Conversions between joint sets, declared by joint names as weighted sums."""

import numpy as np

from vid2pose3d.skeleton.joint_set import JointSet
from vid2pose3d.skeleton.sets import BLAZEPOSE33, COCO17, H36M17, MPI3DHP17

# What COCO and BlazePose do not have is approximated from what they do. `pelvis` is exact by Human3.6M's definition
# (middle of the hips). `spine` and `thorax` lie on the line hips - shoulders, where a standing person has them; bending
# the back moves the true spine joint off that line by a few centimetres. `neck_nose` lies between mouth and neck and
# `head` is the top of the head: their weights were fitted to rendered people with known joints, per joint set, because
# BlazePose puts ears and nose elsewhere than COCO does, and leave about 1 % of the body height. Hips and shoulders are
# taken as they are, though each set puts them a few centimetres apart.
_LIMBS = ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
_BODY: dict[str, dict[str, float]] = {
    **{f"{side}_{limb}": {f"{side}_{limb}": 1.0} for side in ("left", "right") for limb in _LIMBS},
    "pelvis": {"left_hip": 0.5, "right_hip": 0.5},
    "spine": {"left_hip": 0.26, "right_hip": 0.26, "left_shoulder": 0.24, "right_shoulder": 0.24},
    "thorax": {"left_shoulder": 0.5, "right_shoulder": 0.5},
}


def _middle(*, nose: float, ears: float, shoulders: float, hips: float) -> dict[str, float]:
    """Weights of a joint in the plane of symmetry."""
    pairs = {"ear": ears, "shoulder": shoulders, "hip": hips}
    return {"nose": nose, **{f"{side}_{name}": weight / 2 for name, weight in pairs.items()
                             for side in ("left", "right")}}


_TO_H36M17 = {
    COCO17.name: {
        **_BODY,
        "neck_nose": _middle(nose=0.2, ears=0.6, shoulders=0.15, hips=0.05),
        "head": _middle(nose=0.2, ears=0.6, shoulders=0.4, hips=-0.2),
    },
    BLAZEPOSE33.name: {
        **_BODY,
        "neck_nose": _middle(nose=0.0, ears=0.6, shoulders=0.4, hips=0.0),
        "head": _middle(nose=-0.1, ears=0.9, shoulders=0.35, hips=-0.15),
    },
}
_MINOR = 0.11
"""A part that weighs less does not make a joint uncertain."""


def to_joint_set(
    xy: np.ndarray, confidence: np.ndarray, source: JointSet, target: JointSet
) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints of `source` as those of `target`: picked by name where `source` has them all, else as to_h36m17.

    xy: (..., J, D), confidence: (..., J). Raises ValueError where `target` has joints that cannot be had.
    """
    if not set(target.joints) <= set(source.joints):
        if not set(target.joints) <= set(H36M17.joints):
            raise ValueError(f"no conversion from joint set {source.name!r} to {target.name}")
        xy, confidence = to_h36m17(xy, confidence, source)
        source = H36M17
    if source.joints == target.joints:
        return xy, confidence
    picked = source.indices(target.joints)
    return xy[..., picked, :], confidence[..., picked]


def to_h36m17(xy: np.ndarray, confidence: np.ndarray, source: JointSet) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints of `source` as Human3.6M's 17 joints.

    xy: (..., J, D), confidence: (..., J). Returns (..., 17, D) and (..., 17); a joint made from several has the
    lowest confidence of those that weigh in it, and NaN where one of them is NaN. Raises ValueError for an unknown
    `source`.
    """
    if source.name == H36M17.name:
        return xy, confidence
    if source.name == MPI3DHP17.name:
        picked = source.indices(H36M17.joints)
        return xy[..., picked, :], confidence[..., picked]
    if source.name not in _TO_H36M17:
        known = ", ".join((H36M17.name, MPI3DHP17.name, *_TO_H36M17))
        raise ValueError(f"no conversion from joint set {source.name!r} to h36m17; known are {known}")
    recipe = _TO_H36M17[source.name]
    joints, scores = [], []
    for name in H36M17.joints:
        used = {part: weight for part, weight in recipe[name].items() if weight}
        parts, weights = source.indices(tuple(used)), np.array(list(used.values()))
        joints.append(np.einsum("...jd,j->...d", xy[..., parts, :], weights))
        main = source.indices([part for part, weight in used.items() if abs(weight) > _MINOR])
        scores.append(confidence[..., main].min(axis=-1))
    return np.stack(joints, axis=-2), np.stack(scores, axis=-1)
