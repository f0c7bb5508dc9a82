"""People as a camera at rest would see them, and back: all between detection and placement then knows one camera."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from vid2pose3d.camera import project, rays
from vid2pose3d.motion import Camera, CameraPath, Motion3D, Person2D

_NEAREST = 0.1
"""Cosine of the angle from the resting camera's axis up to which a point is in front of it."""


def at_rest(person: Person2D, camera: Camera) -> Person2D:
    """The 2D that a camera would see that travels as this one does but does not turn.

    What would lie beside or behind it is missing. The very same person where the camera has no path.
    """
    if camera.path is None:
        return person
    sights = rays(person.xy, camera.intrinsics)
    sights /= np.linalg.norm(sights, axis=-1, keepdims=True)
    turned = np.einsum("nij,nkj->nki", rest_from_camera(camera.path, person.frames)[:, :3, :3], sights)
    ahead = turned[..., 2] > _NEAREST
    xy = project(np.where(ahead[..., None], turned, [0.0, 0.0, 1.0]), camera.intrinsics)
    return replace(person, xy=np.where(ahead[..., None], xy, np.nan),
                   confidence=np.where(ahead, person.confidence, 0.0))


def pose_at_rest(pose: np.ndarray, person: Person2D, camera: Camera) -> np.ndarray:
    """Root-relative joints (N, 17, 3) of the camera frame in the frame of the camera at rest."""
    if camera.path is None:
        return pose
    return np.einsum("nij,nkj->nki", rest_from_camera(camera.path, person.frames)[:, :3, :3], pose)


def moving_again(
    people: Sequence[Person2D], placed: tuple[Camera, list[Motion3D]]
) -> tuple[Camera, list[Motion3D]]:
    """The moving camera in the world in which people were placed as `at_rest` shows them.

    people: the tracks as the moving camera saw them. placed: their motion, whose `joints_camera` and
    `world_from_camera` are the resting camera's. What is placed with a camera that has no path stays as it is.
    """
    camera, motions = placed
    if camera.path is None:
        return placed
    frames = camera.path.frames
    way = camera.world_from_camera @ rest_from_camera(camera.path, frames)
    path = CameraPath(frames, way)
    seen = []
    for person, motion in zip(people, motions, strict=True):
        here = path.at(person.frames)
        joints = np.einsum("nji,nkj->nki", here[:, :3, :3], motion.joints_world - here[:, None, :3, 3])
        seen.append(replace(motion, person=person, joints_camera=joints))
    return replace(camera, world_from_camera=way[0], path=path), seen


def to_world(joints: np.ndarray, frames: np.ndarray, camera: Camera) -> np.ndarray:
    """Joints (N, 17, 3) of the camera frame, in frames (N,), in the world."""
    if camera.path is None:
        return joints @ camera.world_from_camera[:3, :3].T + camera.world_from_camera[:3, 3]
    here = camera.path.at(frames)
    return np.einsum("nij,nkj->nki", here[:, :3, :3], joints) + here[:, None, :3, 3]


def rest_from_camera(path: CameraPath, frames: np.ndarray) -> np.ndarray:
    """(N, 4, 4) into the frame of a camera that rests where the path begins and looks the way that it does on average.

    frames: (N,) frame numbers that the path has.
    """
    rest = np.eye(4)
    rest[:3, :3] = Rotation.from_matrix(path.world_from_camera[:, :3, :3]).mean().as_matrix()
    rest[:3, 3] = path.world_from_camera[0, :3, 3]
    return np.linalg.inv(rest) @ path.at(frames)
