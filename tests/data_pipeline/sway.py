"""Somebody who walks and sways: made-up motion of a known shape."""

import numpy as np

from vid2pose3d.skeleton import H36M17

STANDING = {
    "pelvis": (0.0, 0.95, 0.0),
    "right_hip": (-0.12, 0.95, 0.0), "right_knee": (-0.13, 0.5, 0.03), "right_ankle": (-0.14, 0.08, 0.0),
    "left_hip": (0.12, 0.95, 0.0), "left_knee": (0.13, 0.5, 0.03), "left_ankle": (0.14, 0.08, 0.0),
    "spine": (0.0, 1.18, 0.02), "thorax": (0.0, 1.43, 0.0), "neck_nose": (0.0, 1.53, 0.08), "head": (0.0, 1.65, 0.02),
    "left_shoulder": (0.17, 1.42, 0.0), "left_elbow": (0.22, 1.14, 0.0), "left_wrist": (0.23, 0.9, 0.06),
    "right_shoulder": (-0.17, 1.42, 0.0), "right_elbow": (-0.22, 1.14, 0.0), "right_wrist": (-0.23, 0.9, 0.06),
}


def moving(frames: int, *, seed: int, fps: float = 30.0) -> np.ndarray:
    """(F, 17, 3) somebody who walks along a curve while every joint sways smoothly, y up, metres."""
    rng = np.random.default_rng(seed)
    rest = np.array([STANDING[name] for name in H36M17.joints])
    time = np.arange(frames)[:, None, None] / fps
    sway = 0.06 * np.sin(time * rng.uniform(2, 6, rest.shape) + rng.uniform(0, 6, rest.shape))
    path = np.concatenate([np.sin(time), 0 * time, 0.8 * time], axis=-1)
    return (rest + sway + path).astype(np.float32)
