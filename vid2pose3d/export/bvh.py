"""Writing one person's motion as a BVH file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TextIO

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from vid2pose3d.export.bvh_skeleton import (
    JOINTS,
    BvhJoint,
    bone_lengths,
    children,
    end_site,
    local_rotations,
    rest_offsets,
)
from vid2pose3d.export.rotations import continuous_euler
from vid2pose3d.files import replacing
from vid2pose3d.motion import Motion3D
from vid2pose3d.skeleton import H36M17

Unit = Literal["m", "cm"]

_PER_METRE = {"m": 1.0, "cm": 100.0}
_DECIMALS = {"m": 6, "cm": 4}
_SAME_TIME = 0.1
"""Part of a frame by which a time stamp may be off the uniform grid and still count as on it."""


def write_bvh(path: Path, motion: Motion3D, *, fps: float, unit: Unit = "cm") -> None:
    """Write the person's world-frame motion to `path`: Y up, T-pose rest, `fps` frames a second throughout.

    motion.joints_world: (N, 17, 3) metres, a rigid skeleton; a frame with a NaN counts as a hole. The file runs from
    the person's first frame to the last; holes and uneven time stamps are interpolated. Raises ValueError where no
    frame has all joints or fps is not positive, InputError where the file cannot be written.
    """
    if fps <= 0:
        raise ValueError(f"fps is {fps}; frames a second must be positive")
    complete = np.isfinite(motion.joints_world).all(axis=(1, 2))
    if not complete.any():
        raise ValueError(f"person {motion.person.id} has no frame with all 17 joints")
    joints = np.asarray(motion.joints_world[complete], dtype=float)
    ticks = _ticks(motion.person.times, fps)
    grid = np.arange(round(ticks[-1]) + 1)
    root = _resample_points(joints[:, H36M17.index("pelvis")], ticks[complete], grid)
    rotations = _resample_rotations(local_rotations(joints, fps=fps), ticks[complete], grid)
    with replacing(path) as temporary, temporary.open("w", encoding="ascii", newline="\n") as file:
        _write_hierarchy(file, joints, unit)
        _write_motion(file, root, rotations, fps=fps, unit=unit)


def _ticks(times: np.ndarray, fps: float) -> np.ndarray:
    """Times (N,) seconds in frames since the first, on whole numbers where they are as good as on them."""
    ticks = (times - times[0]) * fps
    snapped = np.where(np.abs(ticks - np.round(ticks)) < _SAME_TIME, np.round(ticks), ticks)
    return snapped if (np.diff(snapped) > 0).all() else ticks


def _resample_points(points: np.ndarray, ticks: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Points (N, 3) at ticks (N,), linearly interpolated at grid (M,); the ends are held."""
    return np.stack([np.interp(grid, ticks, column) for column in points.T], axis=-1)


def _resample_rotations(rotations: np.ndarray, ticks: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Matrices (N, J, 3, 3) at ticks (N,), by spherical interpolation at grid (M,); the ends are held."""
    if np.array_equal(ticks, grid):
        return rotations
    if len(ticks) == 1:
        return np.repeat(rotations, len(grid), axis=0)
    at = np.clip(grid, ticks[0], ticks[-1])
    tracks = [Slerp(ticks, Rotation.from_matrix(rotations[:, j]))(at) for j in range(rotations.shape[1])]
    return np.stack([track.as_matrix() for track in tracks], axis=1)


def _write_hierarchy(file: TextIO, joints: np.ndarray, unit: Unit) -> None:
    lengths = bone_lengths(joints)
    offsets = rest_offsets(lengths)

    def numbers(vector: np.ndarray) -> str:
        return " ".join(f"{value:.{_DECIMALS[unit]}f}" for value in vector * _PER_METRE[unit] + 0.0)

    def block(joint: BvhJoint, depth: int) -> Iterator[str]:
        indent = "\t" * depth
        yield f"{indent}{'ROOT' if joint.parent is None else 'JOINT'} {joint.name}\n{indent}{{\n"
        yield f"{indent}\tOFFSET {numbers(offsets[joint.name])}\n{indent}\tCHANNELS {_channels(joint)}\n"
        for child in children(joint.name):
            yield from block(child, depth + 1)
        if not children(joint.name):
            end = numbers(end_site(joint, lengths))
            yield f"{indent}\tEnd Site\n{indent}\t{{\n{indent}\t\tOFFSET {end}\n{indent}\t}}\n"
        yield f"{indent}}}\n"

    file.write("HIERARCHY\n")
    file.writelines(block(JOINTS[0], 0))


def _channels(joint: BvhJoint) -> str:
    rotations = " ".join(f"{axis}rotation" for axis in joint.order)
    if joint.parent is None:
        return f"6 Xposition Yposition Zposition {rotations}"
    return f"3 {rotations}"


def _write_motion(file: TextIO, root: np.ndarray, rotations: np.ndarray, *, fps: float, unit: Unit) -> None:
    angles = np.empty(rotations.shape[:3])
    for order in {joint.order for joint in JOINTS}:
        mine = [index for index, joint in enumerate(JOINTS) if joint.order == order]
        angles[:, mine] = continuous_euler(rotations[:, mine], order)
    file.write(f"MOTION\nFrames: {len(root)}\nFrame Time: {1.0 / fps:.10f}\n")
    for place, turns in zip(root * _PER_METRE[unit], angles, strict=True):
        metres = " ".join(f"{value:.{_DECIMALS[unit]}f}" for value in place)
        file.write(f"{metres} {' '.join(f'{value:.4f}' for value in turns.ravel())}\n")
