"""One person's joints as plain numbers: a CSV table and a NumPy archive."""

import csv
from pathlib import Path

import numpy as np

from vid2pose3d.files import replacing
from vid2pose3d.motion import Motion3D, Recording
from vid2pose3d.skeleton import H36M17

_METRE_DECIMALS, _CONFIDENCE_DECIMALS, _SECOND_DECIMALS = 4, 3, 6


def write_csv(path: Path, motion: Motion3D) -> None:
    """Write a row per frame: its number and time, then x, y, z (metres, world frame) and confidence of every joint.

    Where it is known, the uncertainty (metres) is a fifth column of each joint. Unknown cells are empty. Raises
    InputError where the file cannot be written.
    """
    values = [*np.moveaxis(motion.joints_world, -1, 0), motion.confidence]
    columns = [("x", _METRE_DECIMALS), ("y", _METRE_DECIMALS), ("z", _METRE_DECIMALS),
               ("confidence", _CONFIDENCE_DECIMALS)]
    if motion.uncertainty is not None:
        values.append(motion.uncertainty)
        columns.append(("uncertainty", _METRE_DECIMALS))
    decimals = [places for _, places in columns] * len(H36M17)
    cells = np.stack(values, axis=-1).reshape(len(motion.person), -1)
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["frame", "time", *(f"{joint}_{name}" for joint in H36M17.joints for name, _ in columns)])
        for frame, time, row in zip(motion.person.frames, motion.person.times, cells, strict=True):
            known = (f"{value:.{places}f}" if np.isfinite(value) else ""
                     for value, places in zip(row, decimals, strict=True))
            table.writerow([int(frame), f"{time:.{_SECOND_DECIMALS}f}", *known])


def write_npz(path: Path, recording: Recording, motion: Motion3D) -> None:
    """Write the person, the camera and the skeleton as arrays under the names of the result file.

    Unknown is NaN; `uncertainty` is left out where it is not known, and `camera_path`, the moving camera's
    world_from_camera (N, 4, 4) in the person's frames, where the camera does not move. Raises InputError where the
    file cannot be written.
    """
    person = motion.person
    arrays = {
        "id": np.array(person.id), "frames": person.frames, "times": person.times,
        "joints_world": motion.joints_world, "joints_camera": motion.joints_camera, "confidence": motion.confidence,
        "keypoints_2d": np.concatenate([person.xy, person.confidence[..., None]], axis=-1), "bbox": person.bbox,
        "interpolated": person.interpolated, "fps": np.array(recording.clip.fps),
        "joints": np.array(H36M17.joints), "parents": np.array(H36M17.parents),
        "K": recording.camera.intrinsics, "world_from_camera": recording.camera.world_from_camera,
        **({} if motion.uncertainty is None else {"uncertainty": motion.uncertainty}),
        **({} if recording.camera.path is None else {"camera_path": recording.camera.path.at(person.frames)}),
    }
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
