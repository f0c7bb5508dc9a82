"""Acclaim's pair of files: ASF, a skeleton, and AMC, a motion of it."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
from scipy.spatial.transform import Rotation

from vid2pose3d.data.readers.recorded import END, Bone, Recorded, pose, rest_positions
from vid2pose3d.errors import InputError

INCH = 0.0254
_FPS = 120.0
"""AMC files state no frame rate; CMU's were recorded at 120, a few trials at 60."""
_ROOT = "root"
_Content = TypeVar("_Content")


@dataclass
class _AsfBone:
    """A bone of the skeleton; `axis` is the orientation of the frame in which its motion is given."""

    name: str
    parent: str = ""
    vector: np.ndarray = field(default_factory=lambda: np.zeros(3))
    """(3,) from its start to its end in the rest pose, global frame."""
    axis: Rotation = field(default_factory=Rotation.identity)
    order: str = "xyz"
    channels: tuple[str, ...] = ()
    """Of rx ry rz tx ty tz, in the order of the AMC file's numbers."""


@dataclass
class _Skeleton:
    bones: dict[str, _AsfBone]
    """By name, parents first; the root has no length."""
    length: float | None
    """What the file calls its unit of length, in inches."""
    degrees: bool


def read_amc(path: Path) -> Recorded:
    """The motion in an AMC file with the ASF file that belongs to it.

    That is the ASF file of the same name, of the name up to an underscore (02.asf for 02_03.amc), or the folder's
    only one. A point sits where a bone starts, under the bone's name; bones without children also have an end.
    Raises InputError where either file is missing or damaged.
    """
    asf = _skeleton_file(path)
    skeleton = _parsed(asf, _read_skeleton)
    rows = _parsed(path, _read_rows)
    unknown = sorted(set(rows) - set(skeleton.bones))
    if unknown:
        raise InputError(f"{path} moves {unknown[0]!r}, which {asf.name} does not have; give the ASF file of this "
                         "subject")
    frames = len(rows.get(_ROOT, ()))
    if not frames or any(len(values) != frames for values in rows.values()):
        raise InputError(f"{path} has no frames, or bones with fewer frames than others; take a fresh copy")
    return _assembled(skeleton, {name: np.array(values) for name, values in rows.items()}, path)


def _assembled(skeleton: _Skeleton, rows: dict[str, np.ndarray], path: Path) -> Recorded:
    names = list(skeleton.bones)
    frames = len(rows[_ROOT])
    bones: list[Bone] = []
    for name, bone in skeleton.bones.items():
        parent = names.index(bone.parent) if bone.parent else -1
        values = rows.get(name, np.zeros((frames, 0)))
        if values.shape[1] != (len(bone.channels) if name in rows else 0):
            raise InputError(f"{path}: bone {name!r} has {values.shape[1]} numbers a frame for {len(bone.channels)} "
                             "channels; give the ASF file of this subject")
        given = dict(zip(bone.channels, values.T, strict=False))
        offset = skeleton.bones[bone.parent].vector if bone.parent else _columns(given, "t", "xyz", frames)
        bones.append(Bone(name, parent, offset, _turn(bone, given, frames, degrees=skeleton.degrees)))
    for name, bone in skeleton.bones.items():
        if bone.parent and not any(other.parent == name for other in skeleton.bones.values()):
            bones.append(Bone(name + END, names.index(name), bone.vector))
    positions, turns = pose(bones, frames)
    parents = tuple(bone.parent for bone in bones)
    rest = rest_positions(parents, [np.zeros(3) if bone.parent < 0 else bone.offset for bone in bones])
    return Recorded(format="ASF/AMC", fps=_FPS, names=tuple(bone.name for bone in bones), positions=positions,
                    parents=parents, turns=turns, rest=rest,
                    metres_per_unit=INCH / skeleton.length if skeleton.length else None,
                    notes=(f"AMC states no frame rate: {_FPS:g} taken",))


def _columns(given: dict[str, np.ndarray], kind: str, order: str, frames: int) -> np.ndarray:
    return np.stack([given.get(kind + axis, np.zeros(frames)) for axis in order], axis=-1)


def _turn(bone: _AsfBone, given: dict[str, np.ndarray], frames: int, *, degrees: bool) -> Rotation | None:
    if not given:
        return None
    motion = Rotation.from_euler(bone.order, _columns(given, "r", bone.order, frames), degrees=degrees)
    return bone.axis * motion * bone.axis.inv()


def _skeleton_file(path: Path) -> Path:
    there = {file.stem.lower(): file for file in sorted(path.parent.iterdir()) if file.suffix.lower() == ".asf"}
    stem = path.stem.lower()
    for name in (stem, stem.rpartition("_")[0], stem.partition("_")[0]):
        if name in there:
            return there[name]
    if len(there) == 1:
        return next(iter(there.values()))
    raise InputError(f"{path} has no skeleton: put the ASF file of its subject beside it, under the name "
                     f"{path.stem}.asf")


def _parsed(path: Path, read: Callable[[list[str]], _Content]) -> _Content:
    try:
        return read(path.read_text(encoding="latin-1").splitlines())
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}; check the file") from error
    except (ValueError, IndexError, KeyError) as error:
        raise InputError(f"{path} is not a complete {path.suffix[1:].upper()} file ({error}); take a fresh copy"
                         ) from error


def _read_skeleton(lines: list[str]) -> _Skeleton:
    sections = _sections(lines)
    units = {words[0].lower(): words[1] for words in sections[":units"]}
    degrees = units.get("angle", "deg").lower().startswith("deg")
    bones = {_ROOT: _root(sections[":root"], degrees=degrees)}
    loose = {bone.name: bone for bone in _read_bones(sections[":bonedata"], degrees=degrees)}
    for parent, *children in sections[":hierarchy"]:
        for child in children:
            loose[child].parent = bones[parent].name
            bones[child] = loose[child]
    return _Skeleton(bones, float(units["length"]) if "length" in units else None, degrees)


def _sections(lines: list[str]) -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = defaultdict(list)
    section = ""
    for line in lines:
        words = line.split("#")[0].split()
        if words and words[0].startswith(":"):
            section = words[0].lower()
        elif words and (section == ":bonedata" or words[0].lower() not in ("begin", "end")):
            found[section].append(words)
    return found


def _root(lines: list[list[str]], *, degrees: bool) -> _AsfBone:
    entries = {words[0].lower(): words[1:] for words in lines}
    order = entries.get("axis", ["xyz"])[0].lower()
    axis = Rotation.from_euler(order, [float(word) for word in entries.get("orientation", ["0"] * 3)], degrees=degrees)
    return _AsfBone(_ROOT, axis=axis, order=order, channels=tuple(word.lower() for word in entries["order"]))


def _read_bones(lines: list[list[str]], *, degrees: bool) -> list[_AsfBone]:
    bones: list[_AsfBone] = []
    for words in lines:
        key = words[0].lower()
        if key == "begin":
            bones.append(_AsfBone(""))
        elif key == "name":
            bones[-1].name = words[1]
        elif key == "direction":
            bones[-1].vector = np.array([float(word) for word in words[1:4]])
        elif key == "length":
            bones[-1].vector = bones[-1].vector * float(words[1])
        elif key == "axis":
            bones[-1].order = words[4].lower()
            bones[-1].axis = Rotation.from_euler(bones[-1].order, [float(word) for word in words[1:4]],
                                                 degrees=degrees)
        elif key == "dof":
            bones[-1].channels = tuple(word.lower() for word in words[1:])
    return bones


def _read_rows(lines: list[str]) -> dict[str, list[list[float]]]:
    """Numbers of every bone, frame by frame."""
    rows: dict[str, list[list[float]]] = defaultdict(list)
    for line in lines:
        words = line.split()
        if words and not words[0].startswith(("#", ":")) and not (len(words) == 1 and words[0].isdigit()):
            rows[words[0]].append([float(word) for word in words[1:]])
    return rows
