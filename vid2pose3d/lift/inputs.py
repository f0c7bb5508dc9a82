"""The lifter's 2D input: how keypoints are normalised, mirrored, and how its poses turn back to the camera.

Two kinds. "screen" is the release's (VideoPose3D's): pixels over the picture, poses in the camera frame. "person"
turns a virtual camera onto the person and scales by the person's size, so that the same pose looks the same wherever
it stands in the picture; where it stood and how large it was become channels of their own.
"""

from dataclasses import dataclass

import numpy as np

from vid2pose3d.camera import rays as camera_rays
from vid2pose3d.models.config import InputKind
from vid2pose3d.motion import Camera
from vid2pose3d.skeleton import H36M17, JointSet

CHANNELS: dict[InputKind, int] = {"screen": 2, "person": 6}
_MIRRORED_CHANNELS: dict[InputKind, list[int]] = {"screen": [0], "person": [0, 4]}
_TYPICAL_SIZE = 0.12
"""Size of a person who fills half of a picture's height, as `_size` measures it: centres its logarithm."""
_TORSO = H36M17.indices(("pelvis", "thorax"))


@dataclass(frozen=True)
class LifterInput:
    """One batch of windows, ready for a lifter."""

    x2d: np.ndarray
    """(B, F, 17, C) float32."""
    rays: np.ndarray
    """(B, F, 17, 2) keypoints as rays at z = 1 of the view in which the lifter's poses are."""
    camera_from_view: np.ndarray
    """(B, 3, 3) rotation of the lifter's poses into the camera frame."""


def person_input(rays: np.ndarray, confidence: np.ndarray) -> LifterInput:
    """Input of kind "person".

    rays: (B, F, 17, 2) keypoints as x/z, y/z in the camera frame, NaN where unknown; confidence: (B, F, 17) 0..1.
    Channels: x, y over the person's size, confidence, log size, and the two angles (radians, right and down) by which
    the view was turned. Turning first right, then down keeps the view's horizon level with the camera's.
    """
    confidence = np.where(np.isfinite(rays).all(-1), confidence, 0.0)
    rays = np.where(np.isfinite(rays), rays, 0.0)
    centre = _weighted_mean(rays[:, :, _TORSO], confidence[:, :, _TORSO])
    right = np.arctan(centre[:, 0])
    down = np.arctan2(centre[:, 1], np.hypot(1.0, centre[:, 0]))
    view_from_camera = _turn_down(down) @ _turn_right(right)
    seen = np.concatenate([rays, np.ones_like(rays[..., :1])], -1) @ view_from_camera[:, None].swapaxes(-1, -2)
    seen = seen[..., :2] / np.maximum(seen[..., 2:], 0.05)
    size = _size(seen, confidence)
    shape = (*confidence.shape, 1)
    constants = [np.broadcast_to(value[:, None, None, None], shape)
                 for value in (np.log(size / _TYPICAL_SIZE), right, down)]
    scaled = np.where(confidence[..., None] > 0, seen / size[:, None, None, None], 0.0)
    x2d = np.concatenate([scaled, confidence[..., None], *constants], axis=-1).astype(np.float32)
    return LifterInput(x2d, seen, view_from_camera.swapaxes(-1, -2))


def screen_input(xy: np.ndarray, intrinsics: np.ndarray, width: int, height: int) -> LifterInput:
    """Input of kind "screen": u = 2x/w - 1, v = 2y/w - h/w (VideoPose3D). xy: (B, F, J, 2) pixels."""
    filled = np.where(np.isfinite(xy), xy, [width / 2, height / 2])
    x2d = (2 * filled - [width, height]) / width
    rays = (filled - intrinsics[:2, 2]) / intrinsics[[0, 1], [0, 1]]
    return LifterInput(x2d.astype(np.float32), rays, np.broadcast_to(np.eye(3), (len(xy), 3, 3)))


def window_input(kind: InputKind, xy: np.ndarray, confidence: np.ndarray, camera: Camera) -> LifterInput:
    """Input of windows of a clip. xy: (B, F, J, 2) pixels, NaN where unknown; confidence: (B, F, J) 0..1."""
    if kind == "person":
        return person_input(camera_rays(xy, camera.intrinsics)[..., :2], confidence)
    width, height = (round(2 * centre) for centre in camera.intrinsics[:2, 2])
    return screen_input(xy, camera.intrinsics, width, height)


def seen_input(kind: InputKind, rays: np.ndarray, confidence: np.ndarray, focal: np.ndarray) -> LifterInput:
    """Input of windows that a virtual camera saw; its picture is taken for a square as wide as its longer side.

    rays: (B, F, J, 2) at z = 1, NaN where unknown; confidence: (B, F, J) 0..1; focal: (B,) in units of that side.
    """
    if kind == "person":
        return person_input(rays, confidence)
    known = np.where(np.isfinite(rays), rays, 0.0)
    x2d = (2 * focal[:, None, None, None] * known).astype(np.float32)
    return LifterInput(x2d, known, np.broadcast_to(np.eye(3), (len(rays), 3, 3)))


def mirror_input(x2d: np.ndarray, kind: InputKind, joints: JointSet = H36M17) -> np.ndarray:
    """The input of the mirrored picture."""
    mirrored = x2d[..., joints.mirror, :].copy()
    mirrored[..., _MIRRORED_CHANNELS[kind]] *= -1
    return mirrored


def _weighted_mean(rays: np.ndarray, weights: np.ndarray) -> np.ndarray:
    weights = weights + 1e-6
    return (rays * weights[..., None]).sum((1, 2)) / weights.sum((1, 2))[:, None]


def _size(seen: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """(B,) root mean square distance of the joints from the torso's middle in their frame."""
    middle = seen[:, :, _TORSO].mean(2, keepdims=True)
    squared = ((seen - middle) ** 2).sum(-1)
    weights = confidence + 1e-6
    return np.sqrt((squared * weights).sum((1, 2)) / weights.sum((1, 2))) + 1e-4


def _turn_right(angle: np.ndarray) -> np.ndarray:
    """(B, 3, 3) rotation about y that brings a direction `angle` to the right of the axis onto it."""
    c, s, zero, one = np.cos(angle), np.sin(angle), np.zeros_like(angle), np.ones_like(angle)
    return np.stack([c, zero, -s, zero, one, zero, s, zero, c], -1).reshape(-1, 3, 3)


def _turn_down(angle: np.ndarray) -> np.ndarray:
    """(B, 3, 3) rotation about x that brings a direction `angle` below the axis onto it."""
    c, s, zero, one = np.cos(angle), np.sin(angle), np.zeros_like(angle), np.ones_like(angle)
    return np.stack([one, zero, zero, zero, c, -s, zero, s, c], -1).reshape(-1, 3, 3)
