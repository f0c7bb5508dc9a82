"""Joint sets by name, their symmetry, and conversions between them."""

from vid2pose3d.skeleton.convert import to_h36m17, to_joint_set
from vid2pose3d.skeleton.joint_set import JointSet
from vid2pose3d.skeleton.sets import (
    BLAZEPOSE33,
    BODY25,
    COCO17,
    COCO18,
    H36M17,
    HALPE26,
    JOINT_SETS,
    MPI3DHP17,
    MPI3DHP28,
    joint_set,
)

__all__ = ["BLAZEPOSE33", "BODY25", "COCO17", "COCO18", "H36M17", "HALPE26", "JOINT_SETS", "MPI3DHP17", "MPI3DHP28",
           "JointSet", "joint_set", "to_h36m17", "to_joint_set"]
