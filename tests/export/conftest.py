"""Motions to export, and a small BVH reader of its own that plays a file by plain forward kinematics."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from vid2pose3d.motion import Motion3D, Person2D
from vid2pose3d.skeleton import H36M17

STANDING = {
    "right_hip": (-0.12, 0, 0), "right_knee": (0, -0.44, 0.02), "right_ankle": (0, -0.42, -0.04),
    "left_hip": (0.12, 0, 0), "left_knee": (0, -0.44, 0.02), "left_ankle": (0, -0.42, -0.04),
    "spine": (0, 0.24, -0.01), "thorax": (0, 0.25, 0.01), "neck_nose": (0, 0.11, 0.05), "head": (0, 0.11, -0.02),
    "left_shoulder": (0.15, -0.02, 0), "left_elbow": (0.08, -0.27, -0.02), "left_wrist": (0.02, -0.24, 0.08),
    "right_shoulder": (-0.15, -0.02, 0), "right_elbow": (-0.08, -0.27, -0.02), "right_wrist": (-0.02, -0.24, 0.08),
}
"""Each joint from its parent, metres: someone who stands upright, faces +z, and bends knees and elbows a little."""


@dataclass
class BvhJoint:
    """One joint of a BVH file as it stands there."""

    name: str
    parent: str | None
    offset: np.ndarray
    channels: list[str]
    end: np.ndarray | None = None


@dataclass
class Bvh:
    """A parsed file: joints in file order and the numbers of every frame."""

    joints: dict[str, BvhJoint]
    values: np.ndarray
    frame_time: float

    def channel(self, joint: str, name: str) -> np.ndarray:
        """(frames,) the numbers of one channel."""
        before = 0
        for other in self.joints.values():
            if other.name == joint:
                return self.values[:, before + other.channels.index(name)]
            before += len(other.channels)
        raise KeyError(joint)

    def play(self) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """World positions (frames, 3) and local rotations (frames, 3, 3) by joint; "X end" is X's End Site."""
        places, turns, local = {}, {}, {}
        for joint in self.joints.values():
            turn = np.tile(np.eye(3), (len(self.values), 1, 1))
            place = np.tile(joint.offset, (len(self.values), 1))
            for name in joint.channels:
                value = self.channel(joint.name, name)
                axis = "XYZ".index(name[0])
                if name.endswith("position"):
                    place[:, axis] += value
                else:
                    turn = turn @ _about(axis, np.radians(value))
            local[joint.name] = turn
            if joint.parent is None:
                places[joint.name], turns[joint.name] = place, turn
            else:
                parent = turns[joint.parent]
                places[joint.name] = places[joint.parent] + np.einsum("nij,nj->ni", parent, place)
                turns[joint.name] = parent @ turn
            if joint.end is not None:
                places[f"{joint.name} end"] = places[joint.name] + turns[joint.name] @ joint.end
        return places, local


def _about(axis: int, angle: np.ndarray) -> np.ndarray:
    turn = np.zeros((len(angle), 3, 3))
    i, j = (axis + 1) % 3, (axis + 2) % 3
    turn[:, axis, axis] = 1
    turn[:, i, i] = turn[:, j, j] = np.cos(angle)
    turn[:, j, i] = np.sin(angle)
    turn[:, i, j] = -np.sin(angle)
    return turn


def _parse(path: Path) -> Bvh:
    hierarchy, motion = path.read_text(encoding="ascii").split("MOTION\n")
    joints: dict[str, BvhJoint] = {}
    open_joints: list[str | None] = []
    for words in map(str.split, hierarchy.splitlines()):
        if words[0] in ("ROOT", "JOINT"):
            name = words[1]
            joints[name] = BvhJoint(name, open_joints[-1] if open_joints else None, np.zeros(3), [])
        elif words[0] == "End":
            name = None
        elif words[0] == "{":
            open_joints.append(name)
        elif words[0] == "}":
            open_joints.pop()
        elif words[0] == "OFFSET":
            offset = np.array([float(word) for word in words[1:]])
            if open_joints[-1] is None:
                joints[open_joints[-2]].end = offset
            else:
                joints[open_joints[-1]].offset = offset
        elif words[0] == "CHANNELS":
            joints[open_joints[-1]].channels = words[2:]
            assert len(words[2:]) == int(words[1])
    lines = motion.splitlines()
    values = np.array([[float(word) for word in line.split()] for line in lines[2:]])
    assert lines[0] == f"Frames: {len(values)}"
    return Bvh(joints, values, float(lines[1].removeprefix("Frame Time:")))


@pytest.fixture
def read_bvh() -> Callable[[Path], Bvh]:
    return _parse


@pytest.fixture
def pose() -> Callable[..., np.ndarray]:
    """pose(joint=(N, 3, 3), ...): joints (N, 17, 3) of STANDING, each named part turned about its own joint.

    A rotation at `pelvis` turns the whole body; one at `left_shoulder` the arm, and so on down the tree.
    """

    def make(**turns: np.ndarray) -> np.ndarray:
        frames = max([1, *(len(turn) for turn in turns.values())])
        eye = np.tile(np.eye(3), (frames, 1, 1))
        frame = [eye @ turns.get("pelvis", eye)]
        joints = np.zeros((frames, 17, 3))
        for index, (name, parent) in enumerate(zip(H36M17.joints, H36M17.parents, strict=True)):
            if parent < 0:
                continue
            joints[:, index] = joints[:, parent] + frame[parent] @ np.array(STANDING[name], dtype=float)
            frame.append(frame[parent] @ turns.get(name, eye))
        return joints

    return make


@pytest.fixture
def motion_of() -> Callable[..., Motion3D]:
    """motion_of(joints, fps=..., times=..., frames=...): a person with these world joints (N, 17, 3)."""

    def make(joints: np.ndarray, *, fps: float = 30.0, times: np.ndarray | None = None,
             frames: np.ndarray | None = None) -> Motion3D:
        count = len(joints)
        frames = np.arange(count) if frames is None else frames
        rng = np.random.default_rng(count)
        person = Person2D(
            id=1, joint_set=H36M17, frames=frames, times=frames / fps if times is None else times,
            xy=rng.uniform(0, 640, (count, 17, 2)), confidence=rng.uniform(0, 1, (count, 17)),
            bbox=rng.uniform(0, 640, (count, 4)), interpolated=rng.uniform(size=count) < 0.2,
        )
        return Motion3D(person, joints * [1, -1, -1] + [0, 1, 4], joints, rng.uniform(0, 1, (count, 17)))

    return make
