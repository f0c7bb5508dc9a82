"""BVH files of any hierarchy: channels in any order, positions on any joint, names with blanks."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import numpy as np
from scipy.spatial.transform import Rotation

from vid2pose3d.data.readers.recorded import END, Bone, Recorded, pose, rest_positions, whole_rate
from vid2pose3d.errors import InputError

_AXES = "XYZ"


@dataclass
class _Joint:
    name: str
    parent: int
    offset: np.ndarray = field(default_factory=lambda: np.zeros(3))
    channels: list[str] = field(default_factory=list)
    """Such as "Xposition" or "Zrotation", in file order."""


def read_bvh(path: Path) -> Recorded:
    """The motion in a BVH file. Raises InputError where the file cannot be read, is damaged or holds no frame."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            joints = _hierarchy(file)
            declared, seconds = _header(file)
            values = np.loadtxt(file, ndmin=2, max_rows=declared)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}; check the file") from error
    except (ValueError, IndexError) as error:
        raise InputError(f"{path} is not a complete BVH file ({error}); export it again") from error
    wanted = sum(len(joint.channels) for joint in joints)
    if values.size == 0 or values.shape[1] != wanted:
        raise InputError(f"{path} has {values.shape[1] if values.size else 0} numbers a frame for {wanted} channels; "
                         "export it again")
    if not np.isfinite(values).all():
        raise InputError(f"{path} holds numbers that are not finite; export it again")
    if len(values) < declared:
        raise InputError(f"{path} has {len(values)} of {declared} frames; export it again")
    positions, turns = pose(_bones(joints, values), len(values))
    parents = tuple(joint.parent for joint in joints)
    return Recorded(format="BVH", fps=whole_rate(1.0 / seconds), names=tuple(joint.name for joint in joints),
                    positions=positions, parents=parents, turns=turns,
                    rest=rest_positions(parents, [joint.offset for joint in joints]))


def _hierarchy(file: TextIO) -> list[_Joint]:
    """The joints up to the line MOTION; End Sites are points named after their joint."""
    joints: list[_Joint] = []
    open_blocks: list[int] = []
    for line in file:
        words = line.split()
        if not words:
            continue
        keyword = words[0].upper()
        if keyword == "MOTION":
            break
        if keyword in ("ROOT", "JOINT", "END"):
            if keyword == "ROOT" and joints:
                raise ValueError(f"it holds a second skeleton, {' '.join(words[1:])}; give one file per person")
            parent = open_blocks[-1] if open_blocks else -1
            name = joints[parent].name + END if keyword == "END" else line.split(None, 1)[1].strip()
            joints.append(_Joint(name, parent))
        elif keyword == "{":
            open_blocks.append(len(joints) - 1)
        elif keyword == "}":
            open_blocks.pop()
        elif keyword == "OFFSET":
            joints[-1].offset = np.array([float(word) for word in words[1:4]])
        elif keyword == "CHANNELS":
            joints[-1].channels = [_channel(word) for word in words[2:2 + int(words[1])]]
    if not joints or open_blocks:
        raise ValueError("its hierarchy is missing or not closed")
    return joints


def _channel(word: str) -> str:
    name = word[0].upper() + word[1:].lower()
    if name[0] not in _AXES or name[1:] not in ("position", "rotation"):
        raise ValueError(f"its channel {word!r} is unknown")
    return name


def _header(file: TextIO) -> tuple[int, float]:
    """Number of frames and seconds of one."""
    found: dict[str, float] = {}
    for line in file:
        key, _, value = line.partition(":")
        found[key.strip().lower()] = float(value) if value.strip() else 0.0
        if "frame time" in found:
            break
    frames, seconds = int(found.get("frames", 0)), found.get("frame time", 0.0)
    if frames < 1 or not seconds > 0:
        raise ValueError(f"it states {frames} frames of {seconds:g} s")
    return frames, seconds


def _bones(joints: list[_Joint], values: np.ndarray) -> list[Bone]:
    bones, column = [], 0
    for joint in joints:
        own = values[:, column:column + len(joint.channels)]
        column += len(joint.channels)
        turning = [index for index, name in enumerate(joint.channels) if name.endswith("rotation")]
        order = "".join(joint.channels[index][0] for index in turning)
        turn = Rotation.from_euler(order, own[:, turning], degrees=True) if order else None
        bones.append(Bone(joint.name, joint.parent, _offsets(joint, own), turn))
    return bones


def _offsets(joint: _Joint, own: np.ndarray) -> np.ndarray:
    """(3,) or (F, 3): position channels take the place of the offset; some programs leave them all zero instead."""
    moving = {name[0]: own[:, index] for index, name in enumerate(joint.channels) if name.endswith("position")}
    if not moving or (joint.parent >= 0 and not any(values.any() for values in moving.values())):
        return joint.offset
    return np.stack([moving.get(axis, np.full(len(own), joint.offset[index]))
                     for index, axis in enumerate(_AXES)], axis=-1)
