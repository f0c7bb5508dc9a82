"""Conversions between joint sets, declared by joint names as weighted sums."""

import numpy as np

from vid2pose3d.skeleton.joint_set import JointSet
from vid2pose3d.skeleton.sets import BLAZEPOSE33, BODY25, COCO17, COCO18, H36M17, HALPE26, MPI3DHP17, MPI3DHP28

# What the sets of detectors do not have is approximated from what they do. `pelvis` is exact by Human3.6M's definition
# (middle of the hips). `spine` and `thorax` lie on the line hips - shoulders, where a standing person has them; bending
# the back moves the true spine joint off that line by a few centimetres. `neck_nose` lies between mouth and neck and
# `head` is the top of the head: their weights were fitted to rendered people with known joints, per joint set, because
# BlazePose puts ears and nose elsewhere than COCO does, and leave about 1 % of the body height. For Halpe they were
# fitted to the true head and thorax in place of Halpe's own, and leave out the ears, which Sports2D does not write.
# Hips and shoulders are taken as they are, though each set puts them a few centimetres apart.
_Recipe = dict[str, dict[str, float]]
_LIMBS = ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
_SPINE = 0.48
"""How far up the line from pelvis to thorax the spine joint lies."""


def _pair(name: str, weight: float = 1.0) -> dict[str, float]:
    """The middle of a joint and its mirror image."""
    return {f"{side}_{name}": weight / 2 for side in ("left", "right")}


def _scaled(parts: dict[str, float], weight: float) -> dict[str, float]:
    return {name: weight * value for name, value in parts.items()}


def _body(*, pelvis: dict[str, float], thorax: dict[str, float], spine: dict[str, float] | None = None) -> _Recipe:
    """Limbs by name, and the trunk."""
    return {
        **{f"{side}_{limb}": {f"{side}_{limb}": 1.0} for side in ("left", "right") for limb in _LIMBS},
        "pelvis": pelvis,
        "spine": spine or {**_scaled(pelvis, 1 - _SPINE), **_scaled(thorax, _SPINE)},
        "thorax": thorax,
    }


def _middle(*, nose: float, ears: float, shoulders: float, hips: float) -> dict[str, float]:
    """Weights of a joint in the plane of symmetry."""
    return {"nose": nose, **_pair("ear", ears), **_pair("shoulder", shoulders), **_pair("hip", hips)}


_COCO_HEAD = {
    "neck_nose": _middle(nose=0.2, ears=0.6, shoulders=0.15, hips=0.05),
    "head": _middle(nose=0.2, ears=0.6, shoulders=0.4, hips=-0.2),
}
_BLAZEPOSE_HEAD = {
    "neck_nose": _middle(nose=0.0, ears=0.6, shoulders=0.4, hips=0.0),
    "head": _middle(nose=-0.1, ears=0.9, shoulders=0.35, hips=-0.15),
}
_HALPE_HEAD = {"neck_nose": {"nose": 0.23, "head": 0.34, "neck": 0.43}, "head": {"head": 1.0}}
_MPI3DHP_HEAD = {"neck_nose": {"head": 1.0}, "head": {"head_top": 1.0}}
_TO_H36M17: dict[str, _Recipe] = {
    MPI3DHP17.name: {name: {name: 1.0} for name in H36M17.joints},
    MPI3DHP28.name: {**_body(pelvis={"pelvis": 1.0}, thorax={"neck": 1.0}, spine={"spine": 1.0}), **_MPI3DHP_HEAD},
    COCO17.name: {**_body(pelvis=_pair("hip"), thorax=_pair("shoulder")), **_COCO_HEAD},
    COCO18.name: {**_body(pelvis=_pair("hip"), thorax={"neck": 1.0}), **_COCO_HEAD},
    HALPE26.name: {**_body(pelvis={"pelvis": 1.0}, thorax={"neck": 1.0}), **_HALPE_HEAD},
    BODY25.name: {**_body(pelvis={"pelvis": 1.0}, thorax={"neck": 1.0}), **_COCO_HEAD},
    BLAZEPOSE33.name: {**_body(pelvis=_pair("hip"), thorax=_pair("shoulder")), **_BLAZEPOSE_HEAD},
}
_STAND_INS = {
    "left_ear": ("right_ear", "left_eye", "right_eye", "nose"),
    "right_ear": ("left_ear", "right_eye", "left_eye", "nose"),
    "nose": ("left_eye", "right_eye", "left_ear", "right_ear"),
}
"""What takes the place of a part of the head that was not seen, first choice first."""
_STAND_IN_CONFIDENCE = 0.5
"""Share of its own confidence with which it does."""
_TRUNK = 2.5
"""How many times as far the hips are from the shoulders as these are from the ears, on rendered people."""
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
    lowest confidence of those that weigh in it, and NaN where one of them is NaN; a part of the head that was not seen
    gives way to its neighbour. Raises ValueError for an unknown `source`.
    """
    if source.name == H36M17.name:
        return xy, confidence
    if source.name not in _TO_H36M17:
        known = ", ".join((H36M17.name, *_TO_H36M17))
        raise ValueError(f"no conversion from joint set {source.name!r} to h36m17; known are {known}")
    recipe = _TO_H36M17[source.name]
    xy, confidence = _whole_head(xy, confidence, source)
    joints, scores = [], []
    for name in H36M17.joints:
        joint, score = _combined(recipe[name], xy, confidence, source)
        if {"left_ear", "left_hip"} <= set(recipe[name]) and not np.isfinite(joint).all():
            other, sure = _combined(_without_hips(recipe[name]), xy, confidence, source)
            taken = ~np.isfinite(joint).all(axis=-1) & np.isfinite(other).all(axis=-1)
            joint = np.where(taken[..., None], other, joint)
            score = np.where(taken, _STAND_IN_CONFIDENCE * sure, score)
        joints.append(joint)
        scores.append(score)
    return np.stack(joints, axis=-2), np.stack(scores, axis=-1)


def _combined(
    recipe: dict[str, float], xy: np.ndarray, confidence: np.ndarray, source: JointSet
) -> tuple[np.ndarray, np.ndarray]:
    """One joint (..., D) and its confidence (...)."""
    used = {part: weight for part, weight in recipe.items() if weight}
    parts, weights = source.indices(tuple(used)), np.array(list(used.values()))
    main = source.indices([part for part, weight in used.items() if abs(weight) > _MINOR])
    return np.einsum("...jd,j->...d", xy[..., parts, :], weights), confidence[..., main].min(axis=-1)


def _without_hips(recipe: dict[str, float]) -> dict[str, float]:
    """A recipe of the head with the hips taken to lie below the shoulders, for people who are seen to the waist."""
    hips = recipe["left_hip"]
    changed = dict(recipe)
    for side in ("left", "right"):
        changed[f"{side}_ear"] -= _TRUNK * hips
        changed[f"{side}_shoulder"] += (1 + _TRUNK) * hips
        del changed[f"{side}_hip"]
    return changed


def _whole_head(xy: np.ndarray, confidence: np.ndarray, source: JointSet) -> tuple[np.ndarray, np.ndarray]:
    """The keypoints with the unseen parts of the head filled in: detectors lose an ear in every view from the side."""
    known = np.isfinite(xy).all(axis=-1)
    places = {name: source.index(name) for name in _STAND_INS if name in source.joints}
    if known[..., list(places.values())].all():
        return xy, confidence
    filled, scores = xy.copy(), confidence.copy()
    for name, place in places.items():
        missing = ~known[..., place]
        for other in source.indices([other for other in _STAND_INS[name] if other in source.joints]):
            taken = missing & known[..., other]
            filled[taken, place] = xy[taken, other]
            scores[taken, place] = _STAND_IN_CONFIDENCE * confidence[taken, other]
            missing = missing & ~taken
    return filled, scores
