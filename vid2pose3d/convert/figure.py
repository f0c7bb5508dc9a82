"""A made-up person who steps on the spot and turns around once: a motion whose 3D is known."""

import numpy as np

_RIGHT_HALF = {  # metres; x to the person's left, y down, z forward as the person faces, around the pelvis
    "right_hip": (-0.13, 0.0, 0.0), "right_knee": (-0.14, 0.44, 0.02), "right_ankle": (-0.14, 0.88, -0.04),
    "right_shoulder": (-0.16, -0.48, -0.02), "right_elbow": (-0.24, -0.21, -0.05), "right_wrist": (-0.24, 0.03, 0.06),
    "right_eye": (-0.03, -0.71, 0.1), "right_ear": (-0.07, -0.69, 0.01),
}
_MIDDLE = {
    "pelvis": (0.0, 0.0, 0.0), "spine": (0.0, -0.24, -0.01), "thorax": (0.0, -0.5, -0.02),
    "neck_nose": (0.0, -0.61, 0.03), "head": (0.0, -0.73, 0.0), "nose": (0.0, -0.67, 0.13),
}
_SWING = {"knee": 0.12, "ankle": 0.22, "elbow": -0.08, "wrist": -0.2}
"""Metres forward and back; arms against legs."""
_STEPS = 5
"""Per turn."""


def turning_figure(frames: int) -> dict[str, np.ndarray]:
    """(frames, 3) of each joint of Human3.6M and COCO: metres, camera axes (x right, y down, z forward), pelvis at 0.

    The first frame faces the camera.
    """
    share = np.arange(frames) / frames
    points = {}
    for name, (x, y, z) in _RIGHT_HALF.items():
        limb = name.removeprefix("right_")
        for side, sign in (("right", 1.0), ("left", -1.0)):
            swing = sign * _SWING.get(limb, 0.0) * np.sin(2 * np.pi * _STEPS * share)
            points[f"{side}_{limb}"] = np.stack([np.full(frames, sign * x), np.full(frames, y), z + swing], axis=1)
    points |= {name: np.tile(place, (frames, 1)) for name, place in _MIDDLE.items()}
    angle = 2 * np.pi * share
    c, s, zero, one = np.cos(angle), np.sin(angle), np.zeros(frames), np.ones(frames)
    turn = np.stack([c, zero, s, zero, one, zero, s, zero, -c], axis=1).reshape(-1, 3, 3)
    return {name: np.einsum("fij,fj->fi", turn, place) for name, place in points.items()}
