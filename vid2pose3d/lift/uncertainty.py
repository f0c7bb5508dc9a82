"""How far off lifted joints are: what tells it without the truth, and the calibrated radius."""

import numpy as np

from vid2pose3d.skeleton import H36M17
from vid2pose3d.weights import Calibration

FEATURES = ("apart", "window_apart", "confidence", "upright")
_LEAST_APART = 0.005
"""Metres that are added before the logarithm is taken."""
_THORAX = H36M17.index("thorax")


def features(poses: np.ndarray, confidence: np.ndarray, apart: np.ndarray) -> np.ndarray:
    """(W, F, 17, len(FEATURES)) of windows, in the order of FEATURES.

    poses: (W, F, 17, 3) metres, camera frame, relative to the pelvis. confidence: (W, F, 17) of the 2D. apart: (W, F,
    17) metres between what the network makes of the input and of its mirror image, which agree where it is sure.
    Features: the logarithm of that distance, the same of its mean over the window, the confidence, and how upright
    the trunk is in the picture's frame (1 upright, -1 upside down).
    """
    window = apart[..., 1:].mean((1, 2))[:, None, None]
    trunk = poses[:, :, _THORAX]
    upright = -trunk[..., 1] / np.maximum(np.linalg.norm(trunk, axis=-1), 1e-6)
    told = (np.log(apart + _LEAST_APART), np.log(window + _LEAST_APART), confidence, upright[..., None])
    return np.stack([np.broadcast_to(value, apart.shape) for value in told], axis=-1)


def radius(told: np.ndarray, calibration: Calibration) -> np.ndarray:
    """(..., 17) metres around each joint within which the true one is, as often as the calibration says.

    told: (..., 17, len(FEATURES)). The pelvis is the origin: 0.
    """
    offsets = np.array([calibration.offsets.get(joint, -np.inf) for joint in H36M17.joints])
    return np.exp(offsets + told @ [calibration.slopes[name] for name in FEATURES])
