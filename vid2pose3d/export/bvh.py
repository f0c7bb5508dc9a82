"""Writing one person's motion as a BVH file."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, TextIO

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from vid2pose3d.export.bvh_skeleton import local_rotations
from vid2pose3d.export.even import even_grid, ticks
from vid2pose3d.export.rig import Names, RigJoint, rig
from vid2pose3d.export.rotations import continuous_euler
from vid2pose3d.files import replacing
from vid2pose3d.motion import Motion3D
from vid2pose3d.skeleton import H36M17

Unit = Literal["m", "cm"]

_PER_METRE = {"m": 1.0, "cm": 100.0}
_DECIMALS = {"m": 6, "cm": 4}


def write_bvh(path: Path, motion: Motion3D, *, fps: float, unit: Unit = "cm", names: Names = "default") -> None:
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
    skeleton = rig(joints, names)
    at = ticks(motion.person.times, fps)
    grid = even_grid(at)
    root = _resample_points(joints[:, H36M17.index("pelvis")], at[complete], grid)
    rotations = _resample_rotations(local_rotations(joints, fps=fps), at[complete], grid)
    with replacing(path) as temporary, temporary.open("w", encoding="ascii", newline="\n") as file:
        _write_hierarchy(file, skeleton, unit)
        _write_motion(file, skeleton, root, rotations, fps=fps, unit=unit)


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


def _write_hierarchy(file: TextIO, skeleton: Sequence[RigJoint], unit: Unit) -> None:
    def numbers(vector: np.ndarray) -> str:
        return " ".join(f"{value:.{_DECIMALS[unit]}f}" for value in vector * _PER_METRE[unit] + 0.0)

    def block(index: int, depth: int) -> Iterator[str]:
        joint, indent = skeleton[index], "\t" * depth
        yield f"{indent}{'ROOT' if joint.parent is None else 'JOINT'} {joint.name}\n{indent}{{\n"
        yield f"{indent}\tOFFSET {numbers(joint.offset)}\n{indent}\tCHANNELS {_channels(joint)}\n"
        for child, other in enumerate(skeleton):
            if other.parent == index:
                yield from block(child, depth + 1)
        if joint.end is not None:
            yield f"{indent}\tEnd Site\n{indent}\t{{\n{indent}\t\tOFFSET {numbers(joint.end)}\n{indent}\t}}\n"
        yield f"{indent}}}\n"

    file.write("HIERARCHY\n")
    file.writelines(block(0, 0))


def _channels(joint: RigJoint) -> str:
    rotations = " ".join(f"{axis}rotation" for axis in joint.order)
    if joint.parent is None:
        return f"6 Xposition Yposition Zposition {rotations}"
    return f"3 {rotations}"


def _write_motion(
    file: TextIO, skeleton: Sequence[RigJoint], root: np.ndarray, rotations: np.ndarray, *, fps: float, unit: Unit
) -> None:
    angles = np.zeros((len(rotations), len(skeleton), 3))
    turning = [(index, joint) for index, joint in enumerate(skeleton) if joint.column is not None]
    for order in {joint.order for _, joint in turning}:
        mine = [(index, joint.column) for index, joint in turning if joint.order == order]
        places, columns = map(list, zip(*mine, strict=True))
        angles[:, places] = continuous_euler(rotations[:, columns], order)
    file.write(f"MOTION\nFrames: {len(root)}\nFrame Time: {1.0 / fps:.10f}\n")
    for place, turns in zip(root * _PER_METRE[unit], angles, strict=True):
        metres = " ".join(f"{value:.{_DECIMALS[unit]}f}" for value in place)
        file.write(f"{metres} {' '.join(f'{value:.4f}' for value in turns.ravel())}\n")
