"""A simple body around a skeleton: one rounded piece for each bone, which moves with it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vid2pose3d.export.rig import RigJoint

_RADII = {
    "Hips": (0.09, 0.09), "LowerBack": (0.14, 0.11), "Spine": (0.15, 0.115), "Neck": (0.05, 0.05), "Head": (0.08, 0.09),
    "UpLeg": (0.075, 0.075), "Leg": (0.05, 0.05), "Foot": (0.04, 0.035),
    "Shoulder": (0.055, 0.055), "Arm": (0.045, 0.045), "ForeArm": (0.037, 0.037), "Hand": (0.035, 0.02),
}
"""Half the width and half the depth of the piece around each bone, metres, of someone with a thigh of _THIGH."""
_THIGH = 0.44
_LEAST = 0.01
_SECTORS, _RINGS = 12, 4
"""Corners around a piece, and rings of each of its rounded ends."""


@dataclass
class Body:
    """A mesh in the T-pose, the rig's root at the origin."""

    points: np.ndarray
    """(V, 3) metres."""
    normals: np.ndarray
    """(V, 3) unit vectors."""
    joints: np.ndarray
    """(V,) the joint of the rig that moves each point."""
    triangles: np.ndarray
    """(F, 3) indices, counter-clockwise seen from outside."""


def rest_places(skeleton: Sequence[RigJoint]) -> np.ndarray:
    """Places (J, 3) metres of the rig's joints in the T-pose, the root at the origin."""
    places: list[np.ndarray] = []
    for joint in skeleton:
        places.append(joint.offset if joint.parent is None else places[joint.parent] + joint.offset)
    return np.array(places)


def body(skeleton: Sequence[RigJoint]) -> Body:
    """A piece from every joint to each of its children, or to its End Site."""
    places = rest_places(skeleton)
    thigh = max(_LEAST, *(np.linalg.norm(joint.offset) for joint in skeleton if joint.part == "LeftLeg"))
    pieces = []
    for index, joint in enumerate(skeleton):
        radii = np.array(_RADII[joint.part.removeprefix("Left").removeprefix("Right")]) * thigh / _THIGH
        for end in _ends(skeleton, index):
            points, normals = _piece(places[index], places[index] + end, radii)
            pieces.append((points, normals, np.full(len(points), index)))
    points, normals, joints = (np.concatenate(part) for part in zip(*pieces, strict=True))
    one = _triangles()
    first = np.arange(len(pieces))[:, None, None] * (len(points) // len(pieces))
    return Body(points, normals, joints, (one + first).reshape(-1, 3))


def _ends(skeleton: Sequence[RigJoint], index: int) -> list[np.ndarray]:
    """Where the bones of a joint end, relative to it; bones of the same end count once, those of no length not."""
    end = skeleton[index].end
    if end is not None:
        return [end]
    offsets = [joint.offset for joint in skeleton if joint.parent == index and joint.offset.any()]
    return list(np.unique(np.round(offsets, 9), axis=0)) if offsets else []


def _piece(start: np.ndarray, end: np.ndarray, radii: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points and normals (V, 3) of a tube with rounded ends about the line start - end.

    radii: half its width (along x where the line allows it) and half its depth (along z, else y).
    """
    along = (end - start) / np.linalg.norm(end - start)
    side = np.array([1.0, 0.0, 0.0]) if abs(along[0]) < 0.9 else np.array([0.0, 0.0, 1.0])
    side -= (side @ along) * along
    side /= np.linalg.norm(side)
    axes = np.stack([side, np.cross(along, side), along])
    tilt = np.linspace(0, np.pi / 2, _RINGS)
    turn = np.arange(_SECTORS) * 2 * np.pi / _SECTORS
    ring = np.stack([np.cos(turn), np.sin(turn), np.zeros(_SECTORS)], axis=-1)
    pole = np.array([0.0, 0.0, 1.0])
    low = np.sin(tilt)[:, None, None] * ring - np.cos(tilt)[:, None, None] * pole
    sphere = np.concatenate([low, low[::-1] * [1, 1, -1]]).reshape(-1, 3)
    size = np.array([*radii, radii.min()])
    middle = np.repeat([start, end], _RINGS * _SECTORS, axis=0)
    normals = (sphere / size) @ axes
    return middle + (sphere * size) @ axes, normals / np.linalg.norm(normals, axis=-1, keepdims=True)


def _triangles() -> np.ndarray:
    """Triangles (F, 3) of one piece; the ends are points, so that of the outermost rings only half are needed."""
    ring, sector = np.meshgrid(np.arange(2 * _RINGS - 1), np.arange(_SECTORS), indexing="ij")
    here, beside = ring * _SECTORS + sector, ring * _SECTORS + (sector + 1) % _SECTORS
    lower = np.stack([here, beside, beside + _SECTORS], axis=-1)[1:]
    upper = np.stack([here, beside + _SECTORS, here + _SECTORS], axis=-1)[:-1]
    return np.concatenate([lower.reshape(-1, 3), upper.reshape(-1, 3)])
