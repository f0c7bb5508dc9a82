"""From root-relative poses and their 2D to absolute motion in the camera's and one common world frame."""

from dataclasses import replace

import numpy as np

from vid2pose3d.motion import Camera, Motion3D, Person2D
from vid2pose3d.place.clean import clean_motion, clean_pose
from vid2pose3d.place.root import root_path
from vid2pose3d.place.world import Track, world_from_camera
from vid2pose3d.settings import FULL, Cleaning
from vid2pose3d.skeleton import H36M17

_BRIDGED = 0.5
"""Share of its confidence that a joint keeps where the person was not seen, or the joint was repaired."""
_BRIDGED_WEIGHT = 0.1
"""Share of its weight that such a frame keeps in every fit."""


def place_people(
    people: list[Person2D], poses: list[np.ndarray], camera: Camera, cleaning: Cleaning = FULL
) -> tuple[Camera, list[Motion3D]]:
    """Everyone's absolute motion, and the camera with its place in the world that they share.

    people: tracks of the 17 Human3.6M joints. poses: for each of them (N, 17, 3) metres, camera frame, relative to
    the pelvis, finite; they and the motion are cleaned up as `cleaning` says. The world has y up, the floor at y = 0,
    and the first person at its origin at the start, facing +z. Raises ValueError where a pose does not fit its person.
    """
    if len(people) != len(poses):
        raise ValueError(f"{len(people)} people but {len(poses)} poses")
    cleaned = [_cleaned(person, pose, cleaning) for person, pose in zip(people, poses, strict=True)]
    placed = [_in_camera(person, pose, camera) for person, (pose, _) in zip(people, cleaned, strict=True)]
    tracks = [
        Track(joints, person.times, _frame_weights(person))
        for person, joints in zip(people, placed, strict=True)
        if len(person)
    ]
    camera = replace(camera, world_from_camera=world_from_camera(tracks))
    motions = [
        _in_world(person, joints, marks, camera, cleaning)
        for person, joints, (_, marks) in zip(people, placed, cleaned, strict=True)
    ]
    return camera, motions


def _cleaned(person: Person2D, pose: np.ndarray, cleaning: Cleaning) -> tuple[np.ndarray, np.ndarray]:
    """Poses (N, 17, 3) metres relative to the pelvis, and (N, 17) True where a joint was repaired."""
    expected = (len(person), len(H36M17), 3)
    if person.joint_set.name != H36M17.name or pose.shape != expected or not np.isfinite(pose).all():
        raise ValueError(
            f"person {person.id}: expected {H36M17.name} joints and finite poses {expected}, "
            f"got {person.joint_set.name} and {pose.shape}"
        )
    if not len(person):
        return pose, np.zeros(expected[:2], dtype=bool)
    return clean_pose(pose, person.times, _weights(person), bridged=person.interpolated, steps=cleaning)


def _in_camera(person: Person2D, pose: np.ndarray, camera: Camera) -> np.ndarray:
    """Absolute joints (N, 17, 3) metres, camera frame."""
    if not len(person):
        return pose
    root = root_path(pose, person.xy, _weights(person), times=person.times, intrinsics=camera.intrinsics)
    return pose + root[:, None]


def _in_world(
    person: Person2D, joints: np.ndarray, marks: np.ndarray, camera: Camera, cleaning: Cleaning
) -> Motion3D:
    """The motion of absolute joints (N, 17, 3) metres, camera frame; marks: (N, 17) True where one was repaired."""
    rotation, eye = camera.world_from_camera[:3, :3], camera.world_from_camera[:3, 3]
    world = joints @ rotation.T + eye
    if len(person):
        world = clean_motion(world, person.times, _weights(person), eye=eye, steps=cleaning)
    confidence = _seen(person) * np.where(person.interpolated[:, None] | marks, _BRIDGED, 1.0)
    return Motion3D(person=person, joints_camera=(world - eye) @ rotation, joints_world=world, confidence=confidence,
                    repaired=marks)


def _weights(person: Person2D) -> np.ndarray:
    """(N, 17) how much each joint counts in fits, 0 where it is missing."""
    return _seen(person) * _frame_weights(person)[:, None]


def _seen(person: Person2D) -> np.ndarray:
    """Confidence (N, 17) of the 2D, 0 where a joint is missing."""
    known = np.isfinite(person.xy).all(axis=-1) & np.isfinite(person.confidence)
    return np.where(known, np.clip(np.nan_to_num(person.confidence), 0.0, 1.0), 0.0)


def _frame_weights(person: Person2D) -> np.ndarray:
    return np.where(person.interpolated, _BRIDGED_WEIGHT, 1.0)
