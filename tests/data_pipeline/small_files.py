"""Small data files in the layouts of Human3.6M, MPI-INF-3DHP and the motion capture folder."""

import csv
from pathlib import Path

import numpy as np

from vid2pose3d.camera import project_through_lens
from vid2pose3d.data import mpi3dhp
from vid2pose3d.data.h36m import cameras, denormalise_screen, to_17_joints, world_to_camera

COLUMNS = ("clip_id", "source", "license", "subject", "fps", "label", "action", "split", "quality")


def write_h36m(folder: Path, lengths: dict[str, dict[str, int]], *, seed: int = 0) -> tuple[Path, Path]:
    """Recordings near the middle of the room, and their exact 2D, two frames longer, in pixels.

    lengths: frames by subject and name. Returns the 3D file and the 2D file.
    """
    rng, meta = np.random.default_rng(seed), {"layout_name": "h36m", "num_joints": 17}
    positions: dict[str, dict[str, np.ndarray]] = {}
    keypoints: dict[str, dict[str, list[np.ndarray]]] = {}
    for subject, recordings in lengths.items():
        for name, length in recordings.items():
            world = rng.normal(size=(length + 2, 32, 3)) * 0.3 + [0.0, 0.0, 1.0]
            positions.setdefault(subject, {})[name] = world[:length].astype(np.float32)
            keypoints.setdefault(subject, {})[name] = [
                denormalise_screen(project_through_lens(
                    world_to_camera(to_17_joints(world), camera.quaternion, camera.position), camera.lens),
                    *camera.size) for camera in cameras(subject)]
    paths = folder / "data_3d_h36m.npz", folder / "data_2d_h36m_gt.npz"
    np.savez_compressed(paths[0], positions_3d=positions)  # type: ignore[arg-type]
    np.savez_compressed(paths[1], positions_2d=keypoints, metadata=meta)  # type: ignore[arg-type]
    return paths


def write_3dhp(path: Path, valid: dict[str, np.ndarray], *, seed: int = 0) -> Path:
    """The test file: people some 4 m away and their exact 2D. valid: (N,) by sequence."""
    rng, data = np.random.default_rng(seed), {}
    for name, frames in valid.items():
        joints = rng.normal(size=(len(frames), 17, 3)) * 300 + [0, 0, 4000]
        pixels = project_through_lens(joints, mpi3dhp.CAMERAS[name].lens)
        data[name] = {"data_2d": pixels, "data_3d": joints, "valid": np.asarray(frames)}
    np.savez(path, data=data)  # type: ignore[arg-type]
    return path


def write_3dhp_train(path: Path, lengths: dict[str, dict[str, int]], *, fps: float = 50, seed: int = 0) -> Path:
    """The training file, likewise. lengths: frames of each camera by sequence, such as "S1 Seq1"."""
    rng, data = np.random.default_rng(seed), {}
    for name, views in lengths.items():
        found = {}
        for camera, length in views.items():
            joints = rng.normal(size=(length, 17, 3)) * 300 + [0, 0, 4000]
            found[camera] = {"data_2d": project_through_lens(joints, mpi3dhp.STUDIO.lens), "data_3d": joints}
        data[name] = [found, fps]
    np.savez(path, data=data)  # type: ignore[arg-type]
    return path


def write_mocap(folder: Path, clips: list[np.ndarray], rows: list[dict[str, object]]) -> Path:
    """clips: (F, 17, 3) metres; rows: what is not as usual in the index."""
    lengths = [len(clip) for clip in clips]
    usual = {"source": "made up", "license": "MIT", "fps": 30, "label": "walk left", "action": "walk",
             "quality": "good"}
    np.savez(folder / "mocap17.npz", pos_mm=(1000 * np.concatenate(clips)).astype(np.int16), length=lengths,
             start=np.cumsum(lengths) - lengths, clip_id=[row["clip_id"] for row in rows])
    with open(folder / "index.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows({**usual, **row} for row in rows)
    return folder
