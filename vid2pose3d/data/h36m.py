"""Human3.6M in VideoPose3D's files: 3D in the world, 2D in pixels, and the cameras between them."""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from vid2pose3d.errors import InputError
from vid2pose3d.plain_npz import load_entry
from vid2pose3d.skeleton import H36M17

FPS = 50.0
TRAIN_SUBJECTS = ("S1", "S5", "S6", "S7", "S8")
TEST_SUBJECTS = ("S9", "S11")
KEPT_JOINTS = (0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27)
"""Of the recording's 32 joints, those of H36M17, in its order."""
_RECORDED_JOINTS = 32
_CORRUPT = {("S11", "Directions")}
_RENAMED = {"TakingPhoto": "Photo", "WalkingDog": "WalkDog", "WalkingTogether": "WalkTogether"}
"""Action names of the recordings that the tables and the released prompts have otherwise."""


@dataclass(frozen=True)
class BenchmarkCamera:
    """A camera of the recording room."""

    size: tuple[int, int]
    """Picture width and height, pixels."""
    lens: np.ndarray
    """(9,) screen-normalised: see camera.project_through_lens."""
    quaternion: np.ndarray
    """(4,) w, x, y, z of the rotation camera -> world."""
    position: np.ndarray
    """(3,) metres, world frame."""


@dataclass(frozen=True)
class Sequence3D:
    """What one camera has of one recording."""

    subject: str
    name: str
    """Such as "Walking 1"; the first word is the action."""
    camera: BenchmarkCamera
    joints: np.ndarray
    """(N, 17, 3) metres, camera frame, relative to the pelvis."""
    root: np.ndarray
    """(N, 1, 3) metres, camera frame."""
    xy: np.ndarray
    """(N, 17, 2) screen-normalised 2D."""

    @property
    def action(self) -> str:
        word = self.name.partition(" ")[0]
        return _RENAMED.get(word, word)


def normalise_screen(xy: np.ndarray, width: int, height: int) -> np.ndarray:
    """Pixels (..., 2) as -1 .. 1 over the width, height in proportion."""
    return xy / width * 2 - [1, height / width]


def denormalise_screen(xy: np.ndarray, width: int, height: int) -> np.ndarray:
    """The pixels (..., 2) that `normalise_screen` got."""
    return (xy + [1, height / width]) * width / 2


def world_to_camera(points: np.ndarray, quaternion: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Points (..., 3) of the world as a camera at `position` sees them; quaternion: w, x, y, z."""
    return (points - position) @ _world_from_camera(quaternion)


def camera_to_world(points: np.ndarray, quaternion: np.ndarray, position: np.ndarray) -> np.ndarray:
    """The inverse of `world_to_camera`."""
    return points @ _world_from_camera(quaternion).T + position


def _world_from_camera(quaternion: np.ndarray) -> np.ndarray:
    return Rotation.from_quat(np.asarray(quaternion, dtype=np.float64), scalar_first=True).as_matrix()


def to_17_joints(joints: np.ndarray) -> np.ndarray:
    """H36M17 (..., 17, 3) of the recording's joints (..., 32, 3). Raises ValueError for another number of joints."""
    if joints.shape[-2] == len(H36M17):
        return joints
    if joints.shape[-2] != _RECORDED_JOINTS:
        raise ValueError(f"Human3.6M has 32 or 17 joints, got {joints.shape[-2]}")
    return joints[..., KEPT_JOINTS, :]


@cache
def cameras(subject: str) -> tuple[BenchmarkCamera, ...]:
    """The four cameras around a subject. Raises ValueError, listing the known ones, for an unknown subject."""
    numbers = json.loads(resources.files("vid2pose3d.data").joinpath("h36m_cameras.json").read_text("utf-8"))
    if subject not in numbers["extrinsics"]:
        raise ValueError(f"no cameras of subject {subject!r}; known are {', '.join(numbers['extrinsics'])}")
    return tuple(_camera(inner, outer) for inner, outer in
                 zip(numbers["intrinsics"], numbers["extrinsics"][subject], strict=True))


def _camera(inner: dict[str, Any], outer: dict[str, Any]) -> BenchmarkCamera:
    width, height = inner["res_w"], inner["res_h"]
    lens = np.concatenate([np.array(inner["focal_length"]) * 2 / width,
                           normalise_screen(np.array(inner["center"]), width, height),
                           inner["radial_distortion"], inner["tangential_distortion"]])
    return BenchmarkCamera((width, height), lens, np.array(outer["orientation"]),
                           np.array(outer["translation"]) / 1000)


def sample_poses(path_3d: Path, subjects: tuple[str, ...] = TRAIN_SUBJECTS, *, every: int = 64) -> np.ndarray:
    """Every so manieth pose of some subjects, seen by each camera: (N, 17, 3) metres, relative to the pelvis.

    Subjects that the file lacks are passed over. Raises InputError for a file that is damaged or of another layout.
    """
    positions, found = load_entry(path_3d, "positions_3d"), [np.zeros((0, len(H36M17), 3))]
    for subject in subjects:
        for joints in positions.get(subject, {}).values():
            world = to_17_joints(np.asarray(joints)[::every])
            found += [world_to_camera(world, camera.quaternion, camera.position) for camera in cameras(subject)]
    poses = np.concatenate(found)
    return poses - poses[:, H36M17.index("pelvis"), None]


def load_h36m(path_3d: Path, path_2d: Path, subjects: tuple[str, ...] = TEST_SUBJECTS) -> list[Sequence3D]:
    """Every sequence of some subjects, seen by each camera.

    path_3d: `data_3d_h36m.npz`; path_2d: `data_2d_h36m_<detector>.npz`. Longer 2D is cut to the length of the 3D.
    Raises InputError for files that are damaged, of another layout, or do not belong together.
    """
    positions = load_entry(path_3d, "positions_3d")
    keypoints = load_entry(path_2d, "positions_2d")
    found = []
    for subject in subjects:
        for path, content in ((path_3d, positions), (path_2d, keypoints)):
            if subject not in content:
                raise InputError(f"{path}: has no subject {subject}, only {', '.join(content)}; "
                                 "give the complete benchmark file")
        for name, joints in positions[subject].items():
            if (subject, name) in _CORRUPT:
                continue
            if name not in keypoints[subject]:
                raise InputError(f"{path_2d}: lacks {subject} {name!r}, which {path_3d.name} has; "
                                 "give files that belong together")
            found += _seen(subject, name, joints, keypoints[subject][name], path_2d)
    return found


def _seen(subject: str, name: str, joints: np.ndarray, views: list[np.ndarray], path: Path) -> list[Sequence3D]:
    world = to_17_joints(np.asarray(joints, dtype=np.float32))
    sequences = []
    if len(views) != len(cameras(subject)):
        raise InputError(f"{path}: {subject} {name!r} has {len(views)} views instead of {len(cameras(subject))}; "
                         "give the complete benchmark file")
    for camera, pixels in zip(cameras(subject), views, strict=True):
        if len(pixels) < len(world) or pixels.shape[1:2] != (len(H36M17),):
            raise InputError(f"{path}: {subject} {name!r} has 2D of shape {pixels.shape} for {len(world)} frames of "
                             f"{len(H36M17)} joints; give files that belong together")
        seen = world_to_camera(world, camera.quaternion, camera.position).astype(np.float32)
        xy = normalise_screen(pixels[:len(world), :, :2], *camera.size).astype(np.float32)
        root = seen[:, H36M17.index("pelvis"), None]
        sequences.append(Sequence3D(subject, name, camera, seen - root, root, xy))
    return sequences
