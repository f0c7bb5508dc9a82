"""From root-relative poses and their 2D to absolute motion in the camera's and one common world frame."""

from dataclasses import replace

import numpy as np

from vid2pose3d.motion import Camera, Motion3D, Person2D
from vid2pose3d.place.bones import bone_lengths, rigid_pose
from vid2pose3d.place.root import root_path
from vid2pose3d.place.smoothing import smooth_pose
from vid2pose3d.place.world import Track, world_from_camera
from vid2pose3d.skeleton import H36M17

_BRIDGED = 0.5
"""Share of its confidence that a joint keeps in a frame where the person was not seen."""
_BRIDGED_WEIGHT = 0.1
"""Share of its weight that such a frame keeps in every fit."""
_LEAST_WEIGHT = 0.05
"""Weight of a lifted joint whose 2D was missing: the lifter knew its neighbours in space and time."""


def place_people(
    people: list[Person2D], poses: list[np.ndarray], camera: Camera
) -> tuple[Camera, list[Motion3D]]:
    """Everyone's absolute motion, and the camera with its place in the world that they share.

    people: tracks of the 17 Human3.6M joints. poses: for each of them (N, 17, 3) metres, camera frame, relative to
    the pelvis, finite. Each skeleton comes out rigid (constant bone lengths, left like right) and smooth in time. The
    world has y up, the floor at y = 0, and the first person at its origin at the start, facing +z. Raises ValueError
    where a pose does not fit its person.
    """
    if len(people) != len(poses):
        raise ValueError(f"{len(people)} people but {len(poses)} poses")
    placed = [_in_camera(person, pose, camera) for person, pose in zip(people, poses, strict=True)]
    tracks = [
        Track(joints, person.times, _frame_weights(person))
        for person, joints in zip(people, placed, strict=True)
        if len(person)
    ]
    transform = world_from_camera(tracks)
    motions = [
        Motion3D(
            person=person,
            joints_camera=joints,
            joints_world=joints @ transform[:3, :3].T + transform[:3, 3],
            confidence=_confidence(person),
        )
        for person, joints in zip(people, placed, strict=True)
    ]
    return replace(camera, world_from_camera=transform), motions


def _in_camera(person: Person2D, pose: np.ndarray, camera: Camera) -> np.ndarray:
    """Absolute joints (N, 17, 3) metres, camera frame."""
    expected = (len(person), len(H36M17), 3)
    if person.joint_set.name != H36M17.name or pose.shape != expected or not np.isfinite(pose).all():
        raise ValueError(
            f"person {person.id}: expected {H36M17.name} joints and finite poses {expected}, "
            f"got {person.joint_set.name} and {pose.shape}"
        )
    if not len(person):
        return np.zeros(expected)
    seen = _seen(person)
    weights = seen * _frame_weights(person)[:, None]
    pose = smooth_pose(pose - pose[:, :1], person.times, np.maximum(weights, _LEAST_WEIGHT))
    pose = rigid_pose(pose, bone_lengths(pose, weights))
    root = root_path(pose, person.xy, weights, times=person.times, intrinsics=camera.intrinsics)
    return pose + root[:, None]


def _seen(person: Person2D) -> np.ndarray:
    """Confidence (N, 17) of the 2D, 0 where a joint is missing."""
    known = np.isfinite(person.xy).all(axis=-1) & np.isfinite(person.confidence)
    return np.where(known, np.clip(np.nan_to_num(person.confidence), 0.0, 1.0), 0.0)


def _frame_weights(person: Person2D) -> np.ndarray:
    return np.where(person.interpolated, _BRIDGED_WEIGHT, 1.0)


def _confidence(person: Person2D) -> np.ndarray:
    return _seen(person) * np.where(person.interpolated, _BRIDGED, 1.0)[:, None]
