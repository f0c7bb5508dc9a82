"""Choices among hypotheses that look at the truth: lower bounds for tables, never a result.

They take root-relative poses (B, H, F, J, 3) and truths (B, F, J, 3) and return poses (B, F, J, 3). For the errors
after alignment that D3DP and FinePOSE print, align the hypotheses (metrics.similarity_aligned) before choosing.
"""

from typing import Literal

import numpy as np

from vid2pose3d.evaluate.metrics import joint_errors

Choice = Literal["batch", "window", "frame"]


def p_best(poses: np.ndarray, truth: np.ndarray, *, per: Choice = "frame") -> np.ndarray:
    """The hypothesis nearest to the truth.

    per "frame" is what the name says. "batch" is the release's: one hypothesis number for all B windows together, so
    that the result depends on the batch size. "window": one number for each window.
    """
    axes = {"batch": (0, 2, 3), "window": (2, 3), "frame": (3,)}[per]
    errors = joint_errors(poses, truth[:, None]).mean(axes, keepdims=True)
    index = np.broadcast_to(errors.argmin(axis=1, keepdims=True)[..., None], (len(poses), 1, *truth.shape[1:]))
    return np.take_along_axis(poses, index, axis=1)[:, 0]


def j_best(poses: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Each joint from the hypothesis that has it nearest to the truth: a skeleton of many hypotheses."""
    index = joint_errors(poses, truth[:, None]).argmin(axis=1)
    return np.take_along_axis(poses, index[:, None, ..., None], axis=1)[:, 0]
