"""MPI-INF-3DHP's own scores, for poses (..., 17, 3) in millimetres, relative to the pelvis."""

import numpy as np

from vid2pose3d.evaluate.metrics import auc, joint_errors, pck
from vid2pose3d.skeleton import MPI3DHP17, JointSet

_UNSCORED = ("pelvis", "spine", "neck_nose")


def scored_joints(joints: JointSet) -> list[int]:
    """The 14 joints that count for PCK and AUC."""
    return [i for i, joint in enumerate(joints.joints) if joint not in _UNSCORED]


SCORED = scored_joints(MPI3DHP17)


def scores(estimate: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """MPJPE (mm, all 17 joints), PCK at 150 mm and AUC (per cent) of the valid frames of one sequence."""
    errors = joint_errors(estimate, truth)
    scored = errors[..., SCORED]
    return {"mpjpe": float(errors.mean()), "pck150": 100 * float(pck(scored)), "auc": 100 * auc(scored)}
