"""The steps of the clean-up in their order."""

from dataclasses import replace

import numpy as np

from vid2pose3d.motion import Camera, Motion3D
from vid2pose3d.place.bones import bone_lengths, rigid_pose
from vid2pose3d.place.clean.feet import above_floor, lock_feet
from vid2pose3d.place.clean.limits import within_limits
from vid2pose3d.place.clean.repair import repaired
from vid2pose3d.place.contact import FEET
from vid2pose3d.place.smoothing import smooth_pose
from vid2pose3d.settings import Cleaning

_LEAST_WEIGHT = 0.05
"""Weight of a lifted joint whose 2D was missing: the lifter knew its neighbours in space and time."""


def clean_pose(
    pose: np.ndarray, times: np.ndarray, weights: np.ndarray, *, bridged: np.ndarray, steps: Cleaning
) -> tuple[np.ndarray, np.ndarray]:
    """Poses (N, 17, 3) metres relative to the pelvis, and (N, 17) True where a joint was replaced.

    times: (N,) seconds; weights: (N, 17) >= 0, 0 for a joint that was not seen; bridged: (N,) True for frames in which
    the person was not.
    """
    pose = pose - pose[:, :1]
    marks = np.zeros(weights.shape, dtype=bool)
    if steps.repair:
        pose, marks = repaired(pose, times, seen=(weights > 0) & ~bridged[:, None])
    if steps.smooth:
        pose = smooth_pose(pose, times, np.maximum(weights, _LEAST_WEIGHT), cutoff=steps.cutoff)
    if steps.bones:
        pose = rigid_pose(pose, bone_lengths(pose, weights))
    if steps.limits:
        pose = within_limits(pose)
    return pose, marks


def clean_motion(motion: Motion3D, camera: Camera, steps: Cleaning) -> Motion3D:
    """The motion with feet that stand still and nothing under the floor, in the world and so before the camera.

    Where a camera travels by a length that nobody knows, feet that stand glide, and are not held.
    """
    times, joints = motion.person.times, motion.joints_world
    if not len(times):
        return motion
    here = camera.at(motion.person.frames)
    travels_somewhere = camera.motion == "relative" and camera.path is not None
    if steps.feet and not travels_somewhere:
        joints = lock_feet(joints, times, eye=here[:, :3, 3], seen=motion.confidence[:, FEET] > 0)
    if steps.floor:
        joints = above_floor(joints, times)
    before = np.einsum("nji,nkj->nki", here[:, :3, :3], joints - here[:, None, :3, 3])
    return replace(motion, joints_camera=before, joints_world=joints)
