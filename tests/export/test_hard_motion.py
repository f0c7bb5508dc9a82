"""Rotations of motion that is hard on them: straight limbs, poles, somersaults, and recorded people."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from vid2pose3d.data.mocap import load_mocap
from vid2pose3d.export import write_bvh
from vid2pose3d.export.bvh_skeleton import JOINTS, local_rotations
from vid2pose3d.place.bones import bone_lengths, rigid_pose
from vid2pose3d.skeleton import H36M17

FRAMES = 240
PLACES = {
    "Hips": "pelvis", "LeftUpLeg": "left_hip", "LeftLeg": "left_knee", "LeftFoot": "left_ankle",
    "RightUpLeg": "right_hip", "RightLeg": "right_knee", "RightFoot": "right_ankle", "Spine": "spine",
    "Neck": "thorax", "Head": "neck_nose", "LeftArm": "left_shoulder", "LeftForeArm": "left_elbow",
    "LeftHand": "left_wrist", "RightArm": "right_shoulder", "RightForeArm": "right_elbow",
    "RightHand": "right_wrist",
}
NAMES = [joint.name for joint in JOINTS]
TWISTS = {"UpLeg": 100, "Leg": 45, "Arm": 110, "ForeArm": 30, "Neck": 60, "Head": 30, "Spine": 60}
"""Degrees about themselves by which limbs, neck and back can be turned against what carries them, and a rest."""


def ramp(axis, start, end):
    return Rotation.from_euler(axis, np.linspace(start, end, FRAMES)[:, None], degrees=True).as_matrix()


def straightened(joints, limbs, *, noise, seed=0):
    """The joints with those limbs straight in the direction of their upper bone, off by `noise` metres."""
    rng = np.random.default_rng(seed)
    joints = joints.copy()
    for start, middle, end in limbs:
        bone = joints[:, middle] - joints[:, start]
        joints[:, end] = joints[:, middle] + 0.9 * bone
    return joints + rng.normal(0, noise, joints.shape)


ARMS = [H36M17.indices((f"{side}_shoulder", f"{side}_elbow", f"{side}_wrist")) for side in ("left", "right")]
LEGS = [H36M17.indices((f"{side}_hip", f"{side}_knee", f"{side}_ankle")) for side in ("left", "right")]

MOTIONS = {
    "straight arms swing right round": lambda pose: straightened(
        pose(left_shoulder=ramp("x", 0, -720), right_shoulder=ramp("x", 0, 720)), ARMS, noise=1e-3),
    "straight arms rise to the side and over the head": lambda pose: straightened(
        pose(left_shoulder=ramp("z", -70, 100), right_shoulder=ramp("z", 70, -100)), ARMS, noise=1e-3),
    "straight arms point at a circle round the pole above": lambda pose: straightened(
        pose(left_shoulder=ramp("y", 0, 720) @ ramp("z", 155, 165),
             right_shoulder=ramp("y", 0, -720) @ ramp("z", -155, -165)), ARMS, noise=1e-3),
    "somersault with straight limbs": lambda pose: straightened(
        pose(pelvis=ramp("x", 0, 720)), [*ARMS, *LEGS], noise=1e-3),
    "cartwheels while turning": lambda pose: pose(pelvis=ramp("y", 0, 180) @ ramp("z", 0, 720)),
    "elbows straighten and bend": lambda pose: pose(
        left_elbow=Rotation.from_euler("y", -60 + 60 * np.cos(np.linspace(0, 8 * np.pi, FRAMES))[:, None],
                                       degrees=True).as_matrix() @ ramp("z", 0, 60)),
    "kicks over the head": lambda pose: straightened(
        pose(left_hip=ramp("x", 30, -170), right_hip=ramp("z", 0, -60)), LEGS, noise=1e-3),
}


def steps_of(local):
    """Degrees (N - 1, J) that each rotation changes by from frame to frame."""
    between = Rotation.from_matrix((np.swapaxes(local[:-1], -1, -2) @ local[1:]).reshape(-1, 3, 3))
    return np.degrees(between.magnitude()).reshape(len(local) - 1, -1)


def swings_of(joints):
    """The largest degrees (N - 1,) that any bone turns in space from frame to frame."""
    bones = [joints[:, child] - joints[:, parent] for parent, child in H36M17.bones]
    units = [bone / np.linalg.norm(bone, axis=-1, keepdims=True) for bone in bones]
    return np.degrees(np.max([np.arccos(np.clip((u[1:] * u[:-1]).sum(-1), -1, 1)) for u in units], axis=0))


def twists_of(local, name):
    """Degrees (N,) of a joint's rotation about its bone at rest."""
    quaternions = Rotation.from_matrix(local[:, NAMES.index(name)]).as_quat()
    along = quaternions[:, :3] @ np.array(JOINTS[NAMES.index(name)].rest)
    return np.degrees(np.angle(np.exp(2j * np.arctan2(along, quaternions[:, 3]))))


@pytest.mark.parametrize("name", MOTIONS)
def test_nothing_flips_and_nothing_twists_further_than_it_can(pose, name):
    joints = MOTIONS[name](pose)
    local = local_rotations(joints, fps=30.0)
    assert (steps_of(local).max(axis=1) < 2 * swings_of(joints) + 8).all()
    for part, most in TWISTS.items():
        for joint in NAMES:
            if joint in (part, f"Left{part}", f"Right{part}"):
                assert np.abs(twists_of(local, joint)).max() < most, joint


@pytest.mark.parametrize("name", MOTIONS)
def test_the_file_plays_back_within_a_millimetre(tmp_path, pose, motion_of, read_bvh, name):
    joints = MOTIONS[name](pose)
    joints = rigid_pose(joints, bone_lengths(joints, np.ones(joints.shape[:2])))
    write_bvh(tmp_path / "a.bvh", motion_of(joints), fps=30.0, unit="m")
    bvh = read_bvh(tmp_path / "a.bvh")
    places, _ = bvh.play()
    for bone, joint in PLACES.items():
        assert np.linalg.norm(places[bone] - joints[:, H36M17.index(joint)], axis=-1).max() < 1e-3, joint
    assert np.abs(np.diff(bvh.values, axis=0)).max() < 180


def test_recorded_people_turn_without_flips_and_within_limits(shared):
    for clip in load_mocap(shared / "mocap"):
        if clip.split != "val" or len(clip) < 30:
            continue
        local = local_rotations(clip.joints.astype(float), fps=clip.fps)
        assert steps_of(local).max() < 50, clip.id
        for joint in ("LeftLeg", "RightLeg", "LeftForeArm", "RightForeArm", "Neck", "Spine"):
            most = TWISTS[joint.removeprefix("Left").removeprefix("Right")]
            assert np.percentile(np.abs(twists_of(local, joint)), 99) < most, (clip.id, joint)
