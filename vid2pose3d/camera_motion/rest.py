"""People as a camera at rest would see them, and back: all between detection and placement then knows one camera."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from vid2pose3d.camera import project, rays
from vid2pose3d.camera_motion.scale import Steps, scale_from_feet
from vid2pose3d.motion import Camera, CameraMotion, CameraPath, Motion3D, Person2D
from vid2pose3d.skeleton import H36M17

FEET = H36M17.indices(("left_ankle", "right_ankle"))
_NEAREST = 0.1
"""Cosine of the angle from the resting camera's axis up to which a point is in front of it."""


def at_rest(person: Person2D, camera: Camera) -> Person2D:
    """The 2D that a camera would see that travels as this one does but does not turn.

    What would lie beside or behind it is missing. The very same person where the camera has no path.
    """
    if camera.path is None:
        return person
    xy = points_at_rest(person.xy, person.frames, camera)
    return replace(person, xy=xy, confidence=np.where(np.isfinite(xy).all(axis=-1), person.confidence, 0.0))


def points_at_rest(xy: np.ndarray, frames: np.ndarray, camera: Camera) -> np.ndarray:
    """The same for points (N, M, 2) of the pictures numbered `frames` (N,); NaN where they would not be seen."""
    assert camera.path is not None
    sights = rays(xy, camera.intrinsics)
    sights /= np.linalg.norm(sights, axis=-1, keepdims=True)
    turned = np.einsum("nij,nkj->nki", rest_from_camera(camera.path, frames)[:, :3, :3], sights)
    ahead = turned[..., 2:] > _NEAREST
    seen = project(np.where(ahead, turned, [0.0, 0.0, 1.0]), camera.intrinsics)
    return np.where(ahead, seen, np.nan)


def pose_at_rest(pose: np.ndarray, person: Person2D, camera: Camera) -> np.ndarray:
    """Root-relative joints (N, 17, 3) of the camera frame in the frame of the camera at rest."""
    if camera.path is None:
        return pose
    return np.einsum("nij,nkj->nki", rest_from_camera(camera.path, person.frames)[:, :3, :3], pose)


def moving_again(
    people: Sequence[Person2D], placed: tuple[Camera, list[Motion3D]]
) -> tuple[Camera, list[Motion3D]]:
    """The moving camera in the world, and people in it who were placed as `at_rest` shows them.

    people: the tracks as the moving camera saw them. placed: their motion as if the camera, which had no turns any
    more, had no way either. What is placed with a camera that has no path stays as it is. Where people's feet do not
    tell how long the camera's way is, the camera stays where it begins and its motion becomes "relative".
    """
    camera, motions = placed
    if camera.path is None:
        return placed
    rest = camera.world_from_camera @ rest_from_camera(camera.path, camera.path.frames)
    begin = camera.world_from_camera[:3, 3]
    ways = CameraPath(camera.path.frames, rest)
    scale = 1.0 if camera.path.metric else scale_from_feet([_steps(motion, ways, begin) for motion in motions])
    rest[:, :3, 3] = begin + (scale or 0.0) * (rest[:, :3, 3] - begin)
    seen = []
    for person, motion in zip(people, motions, strict=True):
        here = ways.at(person.frames)
        from_camera = motion.joints_world - begin
        joints = np.einsum("nji,nkj->nki", here[:, :3, :3], from_camera)
        seen.append(replace(motion, person=person, joints_camera=joints,
                            joints_world=here[:, None, :3, 3] + from_camera))
    kind: CameraMotion = "relative" if scale is None else "moving"
    return replace(camera, world_from_camera=rest[0], motion=kind, path=ways), seen


def _steps(motion: Motion3D, ways: CameraPath, begin: np.ndarray) -> Steps:
    sure = ~motion.person.interpolated
    return Steps(motion.person.times[sure], motion.joints_world[:, FEET][sure] - begin,
                 ways.at(motion.person.frames[sure])[:, :3, 3] - begin)


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
