"""A person's skeleton as files hold it: BVH joints with offsets of this person's size, under the names of a preset."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from vid2pose3d.export.bvh_skeleton import JOINTS, BvhJoint, bone_lengths, children, end_site, rest_offsets

Names = Literal["default", "mixamo", "blender"]

_BLENDER_TRUNK = {"Hips": "hips", "LowerBack": "spine", "Spine": "chest", "Neck": "neck", "Head": "head"}
_BLENDER_LIMBS = {
    "UpLeg": "thigh", "Leg": "shin", "Foot": "foot", "Shoulder": "shoulder", "Arm": "upper_arm", "ForeArm": "forearm",
    "Hand": "hand",
}
"""Rigify's names; mirroring tools go by the endings .L and .R."""

_MIXAMO_TRUNK = {"LowerBack": "Spine", "Spine": "Spine1"}
_MIXAMO_UPPER = {"Spine": "mixamorig:Spine2"}
"""Mixamo's back has three joints. The third lies half-way up our upper bone and does not turn."""


@dataclass(frozen=True)
class RigJoint:
    """A joint of the file. `part` is its default name, that of the bone whose upper half it moves for a halved one."""

    name: str
    part: str
    parent: int | None
    """Index in the rig; parents come first, and every joint's children follow it directly."""
    offset: np.ndarray
    """(3,) metres from the parent in the T-pose."""
    end: np.ndarray | None
    """(3,) metres to the End Site, where the joint has no children."""
    order: str
    """Euler order, outermost first."""
    column: int | None
    """Which of `local_rotations` turns it; None: it never turns."""


def rig(joints: np.ndarray, names: Names) -> list[RigJoint]:
    """The skeleton for joints (N, 17, 3) metres, N >= 1 frames without NaN; its bones have their mean lengths."""
    lengths = bone_lengths(joints)
    offsets = rest_offsets(lengths)
    upper = _MIXAMO_UPPER if names == "mixamo" else {}
    made: list[RigJoint] = []
    carriers: dict[str, int] = {}
    for column, joint in enumerate(JOINTS):
        parent = None if joint.parent is None else carriers[joint.parent]
        offset = offsets[joint.name]
        if joint.parent in upper:
            offset = offset - made[carriers[joint.parent]].offset
        end = None if children(joint.name) else end_site(joint, lengths)
        made.append(RigJoint(_name(joint, names), joint.name, parent, offset, end, joint.order, column))
        if joint.name in upper:
            half = end_site(joint, lengths) / 2
            made.append(RigJoint(upper[joint.name], joint.name, len(made) - 1, half, None, joint.order, None))
        carriers[joint.name] = len(made) - 1
    return made


def _name(joint: BvhJoint, names: Names) -> str:
    if names == "mixamo":
        return f"mixamorig:{_MIXAMO_TRUNK.get(joint.name, joint.name)}"
    if names == "blender":
        for side in ("Left", "Right"):
            if joint.name.startswith(side):
                return f"{_BLENDER_LIMBS[joint.name.removeprefix(side)]}.{side[0]}"
        return _BLENDER_TRUNK[joint.name]
    return joint.name
