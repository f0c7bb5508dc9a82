"""People to place: a walker with rigid bones and feet that stand still, seen by a camera whose place is known."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from vid2pose3d.camera import project
from vid2pose3d.motion import Person2D
from vid2pose3d.skeleton import H36M17

THIGH, SHANK, ANKLE = 0.44, 0.42, 0.08
FPS = 30.0
STRIDE = 1.1
"""Seconds in which both feet make a step."""

UPPER = {
    "spine": (0, 0.24, 0), "thorax": (0, 0.25, 0), "neck_nose": (0, 0.11, 0.05), "head": (0, 0.11, -0.02),
    "left_shoulder": (0.15, -0.02, 0), "left_elbow": (0.08, -0.27, -0.02), "left_wrist": (0.02, -0.24, 0.08),
    "right_shoulder": (-0.15, -0.02, 0), "right_elbow": (-0.08, -0.27, -0.02), "right_wrist": (-0.02, -0.24, 0.08),
}
"""Joints above the pelvis from their parents, metres, in the body's frame: x to the left, y up, z forward."""


def _path(seconds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Floor points (N, 3) of a curve walked at one metre a second, and headings (N, 3, 3)."""
    radius = 1.5
    angle = seconds / radius
    place = np.stack([radius * (1 - np.cos(angle)), np.zeros_like(angle), radius * np.sin(angle)], axis=-1)
    return place, Rotation.from_euler("y", angle[:, None]).as_matrix()


def _ankle(times: np.ndarray, side: float, phase: float) -> np.ndarray:
    """Ankle (N, 3): it stands still for 60 % of each stride and swings in a low arc to its next place."""
    stride = np.floor(times / STRIDE + phase)
    part = times / STRIDE + phase - stride
    places = [_path((stride + step - phase + 0.3) * STRIDE) for step in (0, 1)]
    stands = [place + heading @ np.array([side, ANKLE, 0.0]) for place, heading in places]
    swing = np.clip((part - 0.6) / 0.4, 0, 1)[:, None]
    eased = swing - np.sin(2 * np.pi * swing) / (2 * np.pi)
    return stands[0] + (stands[1] - stands[0]) * eased + np.array([0, 0.12, 0]) * np.sin(np.pi * swing) ** 2


def _knee(hip: np.ndarray, ankle: np.ndarray, forward: np.ndarray) -> np.ndarray:
    """Knee (N, 3) that both bones reach, bent forward."""
    leg = ankle - hip
    length = np.linalg.norm(leg, axis=-1, keepdims=True)
    assert (length < THIGH + SHANK).all()
    along = (THIGH**2 - SHANK**2 + length**2) / (2 * length)
    leg = leg / length
    out = forward - (forward * leg).sum(-1, keepdims=True) * leg
    return hip + along * leg + np.sqrt(THIGH**2 - along**2) * out / np.linalg.norm(out, axis=-1, keepdims=True)


@pytest.fixture(scope="session")
def walker() -> Callable[[int], np.ndarray]:
    """walker(n): joints (n, 17, 3) metres in a world with y up and the floor at 0; starts at x = z = 0, facing +z."""

    def make(count: int) -> np.ndarray:
        times = np.arange(count) / FPS
        place, heading = _path(times)
        joints = dict.fromkeys(H36M17.joints, place + [0, 0.84, 0])
        for side, sign, phase in (("left", 1, 0.0), ("right", -1, 0.5)):
            hip = joints["pelvis"] + heading @ np.array([0.12 * sign, 0, 0])
            ankle = _ankle(times, 0.1 * sign, phase)
            joints |= {f"{side}_hip": hip, f"{side}_knee": _knee(hip, ankle, heading[:, :, 2]), f"{side}_ankle": ankle}
        for joint, offset in UPPER.items():
            parent = H36M17.joints[H36M17.parents[H36M17.index(joint)]]
            joints[joint] = joints[parent] + heading @ np.array(offset, dtype=float)
        return np.stack([joints[joint] for joint in H36M17.joints], axis=1)

    return make


@pytest.fixture(scope="session")
def view() -> Callable[..., np.ndarray]:
    """view(joints, pitch=, roll=): world joints in the frame of a camera that looks down by `pitch` degrees."""

    def make(joints: np.ndarray, *, pitch: float = 0.0, roll: float = 0.0) -> np.ndarray:
        tilt = Rotation.from_euler("xz", [pitch, roll], degrees=True).as_matrix()
        place = np.array([0.7, 1.5, 5.5])
        return ((joints - place) * [1, -1, -1]) @ tilt.T

    return make


@pytest.fixture(scope="session")
def turn_of() -> Callable[..., np.ndarray]:
    """turn_of(pitch, roll): rotation (3, 3) of such a camera from a level one."""
    return lambda pitch, roll: Rotation.from_euler("xz", [pitch, roll], degrees=True).as_matrix()


@pytest.fixture(scope="session")
def up_of() -> Callable[..., np.ndarray]:
    """up_of(pitch=, roll=): the vertical in the frame of that camera."""

    def make(*, pitch: float = 0.0, roll: float = 0.0) -> np.ndarray:
        return Rotation.from_euler("xz", [pitch, roll], degrees=True).as_matrix() @ [0, -1, 0]

    return make


@pytest.fixture(scope="session")
def track_of() -> Callable[..., Person2D]:
    """track_of(joints in the camera frame, intrinsics): what a faultless detector sees of them."""

    def make(joints: np.ndarray, intrinsics: np.ndarray, *, number: int = 1) -> Person2D:
        xy = project(joints, intrinsics)
        frames = np.arange(len(joints))
        return Person2D(
            id=number, joint_set=H36M17, frames=frames, times=frames / FPS, xy=xy,
            confidence=np.full(xy.shape[:2], 0.9), interpolated=np.zeros(len(frames), dtype=bool),
            bbox=np.concatenate([xy.min(axis=1), xy.max(axis=1)], axis=1),
        )

    return make
