"""MPI-INF-3DHP in the files of D3DP's release: true annotations in millimetres, true 2D in pixels."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from vid2pose3d.data.h36m import normalise_screen
from vid2pose3d.errors import InputError
from vid2pose3d.plain_npz import load_entry
from vid2pose3d.skeleton import MPI3DHP17

TEST_FPS = 25.0
TRAIN_SIZE = (2048, 2048)
_ROOT = MPI3DHP17.index("pelvis")
_MM_PER_PIXEL = (10 / 2048, 10 / 1920)
"""Sensors are 10 mm wide: of TS1-4, of TS5-6."""


@dataclass(frozen=True)
class PixelCamera:
    """A pinhole camera in pixels."""

    size: tuple[int, int]
    lens: np.ndarray
    """(9,) pixels, without distortion: see camera.project_through_lens."""


@dataclass(frozen=True)
class Sequence3DHP:
    """One sequence as one camera has it."""

    name: str
    size: tuple[int, int]
    """Picture width and height, pixels."""
    joints: np.ndarray
    """(N, 17, 3) mm, camera frame, relative to the pelvis."""
    root: np.ndarray
    """(N, 1, 3) mm, camera frame."""
    xy: np.ndarray
    """(N, 17, 2) screen-normalised 2D."""
    valid: np.ndarray
    """(N,) True for the frames that are scored."""
    fps: float = TEST_FPS


def _camera(size: tuple[int, int], focal: float, centre: tuple[float, float], pixels_per_mm: float) -> PixelCamera:
    offset = np.array(size) / 2
    numbers = [focal * pixels_per_mm] * 2 + list(np.array(centre) * pixels_per_mm + offset) + [0.0] * 5
    return PixelCamera(size, np.array(numbers))


STUDIO = _camera((2048, 2048), 7.32506, (-0.0322884, 0.0929296), 1 / _MM_PER_PIXEL[0])
OUTDOOR = _camera((1920, 1080), 8.770747185, (-0.104908645, 0.104899704), 1 / _MM_PER_PIXEL[1])
CAMERAS = {**dict.fromkeys(("TS1", "TS2", "TS3", "TS4"), STUDIO), **dict.fromkeys(("TS5", "TS6"), OUTDOOR)}


def load_test(path: Path) -> list[Sequence3DHP]:
    """The test sequences of `data_test_3dhp_ori.npz`, TS1 to TS6. Raises InputError for another layout."""
    content = load_entry(path, "data")
    found = []
    for name, values in content.items():
        if name not in CAMERAS:
            raise InputError(f"{path}: {name!r} is not one of {', '.join(CAMERAS)}; give data_test_3dhp_ori.npz")
        found.append(_sequence(path, name, CAMERAS[name].size, values))
    return found


def load_train(path: Path) -> list[Sequence3DHP]:
    """The training sequences of `data_train_3dhp_ori.npz`, by subject, sequence and camera. Raises InputError."""
    content = load_entry(path, "data")
    found = []
    for name, entry in content.items():
        try:
            views, fps = entry
            rate = float(fps)
        except (TypeError, ValueError):
            raise InputError(f"{path}: {name!r} is not a pair of views and rate; "
                             "give data_train_3dhp_ori.npz") from None
        views = views.item() if isinstance(views, np.ndarray) and views.shape == () else views
        found += [replace(_sequence(path, f"{name} camera {camera}", TRAIN_SIZE, values), fps=rate)
                  for camera, values in views.items()]
    return found


def _sequence(path: Path, name: str, size: tuple[int, int], values: dict[str, np.ndarray]) -> Sequence3DHP:
    missing = {"data_2d", "data_3d"} - set(values)
    if missing:
        raise InputError(f"{path}: {name!r} lacks {', '.join(sorted(missing))}; give the benchmark's file")
    joints = np.asarray(values["data_3d"], dtype=np.float32)
    xy = np.asarray(values["data_2d"])[..., :2]
    expected = (len(joints), len(MPI3DHP17))
    if joints.shape != (*expected, 3) or xy.shape != (*expected, 2):
        raise InputError(f"{path}: {name!r} has 3D {joints.shape} and 2D {xy.shape}; both must have N frames of "
                         f"{len(MPI3DHP17)} joints")
    valid = np.asarray(values.get("valid", np.ones(len(joints)))).reshape(-1).astype(bool)
    root = joints[:, _ROOT, None]
    return Sequence3DHP(name, size, joints - root, root, normalise_screen(xy, *size).astype(np.float32), valid)
