"""BVH files, played back by the reader in conftest.py."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from vid2pose3d.errors import InputError
from vid2pose3d.export import write_bvh
from vid2pose3d.skeleton import H36M17

AT = {
    "Hips": "pelvis", "LeftUpLeg": "left_hip", "LeftLeg": "left_knee", "LeftFoot": "left_ankle",
    "RightUpLeg": "right_hip", "RightLeg": "right_knee", "RightFoot": "right_ankle", "Spine": "spine",
    "Neck": "thorax", "Head": "neck_nose", "Head end": "head", "LeftArm": "left_shoulder",
    "LeftForeArm": "left_elbow", "LeftHand": "left_wrist", "RightArm": "right_shoulder",
    "RightForeArm": "right_elbow", "RightHand": "right_wrist",
}


def about(axis, degrees):
    return Rotation.from_euler(axis, np.asarray(degrees, dtype=float)[:, None], degrees=True).as_matrix()


def dance(pose, frames=120):
    """Two turns about the vertical, bending and swinging every limb, walking off."""
    def swing(axis, size, cycles, *, middle=0.0, phase=0.0):
        return about(axis, middle + size * np.sin(2 * np.pi * cycles * np.arange(frames) / frames + phase))

    joints = pose(
        pelvis=about("y", np.linspace(0, 720, frames)) @ swing("x", 20, 2),
        spine=swing("x", 25, 3), thorax=swing("y", 30, 2), neck_nose=swing("y", 20, 5),
        left_hip=swing("x", 60, 4), left_knee=swing("x", 40, 4, middle=50),
        right_hip=swing("x", 60, 4, phase=3), right_knee=swing("x", 40, 4, middle=50),
        left_shoulder=swing("z", 150, 1), left_elbow=swing("x", 40, 3, middle=-60),
        right_shoulder=about("x", np.linspace(0, -360, frames)), right_elbow=swing("x", 0, 1, middle=-45),
    )
    return joints + np.linspace([0, 0.9, 0], [1, 1.0, 2], frames)[:, None]


def played(bvh):
    places, _ = bvh.play()
    return np.stack([places[next(name for name, joint in AT.items() if joint == wanted)]
                     for wanted in H36M17.joints], axis=1)


@pytest.mark.parametrize(("unit", "per_metre"), [("m", 1), ("cm", 100)])
def test_joints_come_back_within_a_fifth_of_a_millimetre(tmp_path, pose, motion_of, read_bvh, unit, per_metre):
    joints = dance(pose)
    write_bvh(tmp_path / "a.bvh", motion_of(joints), fps=30.0, unit=unit)
    found = played(read_bvh(tmp_path / "a.bvh")) / per_metre
    assert np.linalg.norm(found - joints, axis=-1).max() < 2e-4


def test_default_unit_is_the_centimetre(tmp_path, pose, motion_of, read_bvh):
    write_bvh(tmp_path / "a.bvh", motion_of(pose() + [0, 0.9, 0]), fps=30.0)
    assert read_bvh(tmp_path / "a.bvh").channel("Hips", "Yposition") == pytest.approx([90.0])


def test_rest_is_a_t_pose_with_the_bones_of_the_person(tmp_path, pose, motion_of, read_bvh):
    joints = dance(pose)
    write_bvh(tmp_path / "a.bvh", motion_of(joints), fps=30.0, unit="m")
    bvh = read_bvh(tmp_path / "a.bvh")
    bvh.values = np.zeros((1, bvh.values.shape[1]))
    rest = dict(zip(H36M17.joints, played(bvh)[0], strict=True))
    for parent, child in H36M17.bones:
        length = np.linalg.norm(joints[0, child] - joints[0, parent])
        names = H36M17.joints[parent], H36M17.joints[child]
        assert np.linalg.norm(rest[names[1]] - rest[names[0]]) == pytest.approx(length, abs=1e-5), names
    for side, sign in (("left", 1), ("right", -1)):
        arm = rest[f"{side}_wrist"] - rest[f"{side}_shoulder"]
        leg = rest[f"{side}_ankle"] - rest[f"{side}_hip"]
        assert arm[0] * sign > 0.5
        assert arm[1:] == pytest.approx([0, 0])
        assert leg[1] < -0.8
        assert leg[[0, 2]] == pytest.approx([0, 0])
    assert rest["head"][1] > 0.6


def test_hierarchy_names_and_channels(tmp_path, pose, motion_of, read_bvh):
    write_bvh(tmp_path / "a.bvh", motion_of(pose()), fps=30.0)
    joints = read_bvh(tmp_path / "a.bvh").joints
    assert {name: joint.parent for name, joint in joints.items()} == {
        "Hips": None, "LeftUpLeg": "Hips", "LeftLeg": "LeftUpLeg", "LeftFoot": "LeftLeg", "RightUpLeg": "Hips",
        "RightLeg": "RightUpLeg", "RightFoot": "RightLeg", "LowerBack": "Hips", "Spine": "LowerBack", "Neck": "Spine",
        "Head": "Neck", "LeftShoulder": "Spine", "LeftArm": "LeftShoulder", "LeftForeArm": "LeftArm",
        "LeftHand": "LeftForeArm", "RightShoulder": "Spine", "RightArm": "RightShoulder",
        "RightForeArm": "RightArm", "RightHand": "RightForeArm",
    }
    leaves = set(joints) - {joint.parent for joint in joints.values()}
    assert {name for name, joint in joints.items() if joint.end is not None} == leaves
    for joint in joints.values():
        rotations = [channel for channel in joint.channels if channel.endswith("rotation")]
        assert sorted(rotations) == ["Xrotation", "Yrotation", "Zrotation"]
        assert len(joint.channels) == (6 if joint.parent is None else 3)


def test_angles_run_on_through_whole_turns(tmp_path, pose, motion_of, read_bvh):
    joints = pose(pelvis=about("y", np.linspace(0, 720, 121)))
    write_bvh(tmp_path / "a.bvh", motion_of(joints), fps=30.0)
    bvh = read_bvh(tmp_path / "a.bvh")
    turned = bvh.channel("Hips", "Yrotation")
    assert np.diff(turned) == pytest.approx(np.full(120, 6.0), abs=0.01)
    assert np.abs(np.diff(bvh.values, axis=0)).max() < 6.1


@pytest.mark.parametrize("axis", ["x", "y", "z"])
def test_arm_through_gimbal_lock_neither_jumps_nor_flips(tmp_path, pose, motion_of, read_bvh, axis):
    sweep = about(axis, np.linspace(0, 360, 181))
    joints = pose(left_shoulder=sweep, right_shoulder=sweep, left_elbow=about("x", np.full(181, -30)))
    write_bvh(tmp_path / "a.bvh", motion_of(joints), fps=30.0)
    bvh = read_bvh(tmp_path / "a.bvh")
    _, local = bvh.play()
    for name, turn in local.items():
        between = Rotation.from_matrix(np.swapaxes(turn[:-1], 1, 2) @ turn[1:]).magnitude()
        assert np.degrees(between).max() < 12, name
    assert np.abs(np.diff(bvh.values, axis=0)).max() < 60
    assert np.linalg.norm(played(bvh) / 100 - joints, axis=-1).max() < 2e-4


def test_knees_and_elbows_turn_like_hinges(tmp_path, pose, motion_of, read_bvh):
    bend = np.linspace(20, 110, 91)
    joints = pose(left_knee=about("x", bend), right_elbow=about("x", -bend))
    write_bvh(tmp_path / "a.bvh", motion_of(joints), fps=30.0)
    bvh = read_bvh(tmp_path / "a.bvh")
    _, local = bvh.play()
    knee = Rotation.from_matrix(local["LeftLeg"]).as_rotvec(degrees=True)
    elbow = Rotation.from_matrix(local["RightForeArm"]).as_rotvec(degrees=True)
    assert np.abs(knee[:, 1:]).max() < 3
    assert np.abs(elbow[:, [0, 2]]).max() < 3
    assert np.diff(knee[:, 0]) == pytest.approx(np.ones(90), abs=0.1)
    assert np.diff(elbow[:, 1]) == pytest.approx(np.ones(90), abs=0.1)


def test_straight_limbs_stay_untwisted(tmp_path, pose, motion_of, read_bvh):
    rng = np.random.default_rng(0)
    joints = pose(pelvis=about("y", np.linspace(0, 90, 60)))
    for side in ("left", "right"):
        hip, knee, ankle = (H36M17.index(f"{side}_{joint}") for joint in ("hip", "knee", "ankle"))
        joints[:, knee] = joints[:, hip] + [0, -0.44, 0] + rng.normal(0, 5e-4, (60, 3))
        joints[:, ankle] = joints[:, hip] + [0, -0.86, 0] + rng.normal(0, 5e-4, (60, 3))
    write_bvh(tmp_path / "a.bvh", motion_of(joints), fps=30.0)
    _, local = read_bvh(tmp_path / "a.bvh").play()
    for name in ("LeftUpLeg", "RightUpLeg"):
        assert np.degrees(Rotation.from_matrix(local[name]).magnitude()).max() < 10


def test_frame_time_and_span(tmp_path, pose, motion_of, read_bvh):
    joints = dance(pose, frames=50)
    frames = np.arange(10, 60)
    write_bvh(tmp_path / "a.bvh", motion_of(joints, fps=24000 / 1001, frames=frames), fps=24000 / 1001)
    bvh = read_bvh(tmp_path / "a.bvh")
    assert bvh.frame_time == pytest.approx(1001 / 24000, abs=1e-9)
    assert len(bvh.values) == 50


def test_holes_are_interpolated(tmp_path, pose, motion_of, read_bvh):
    joints = dance(pose)
    kept = np.r_[0:40, 46:120]
    broken = joints[kept]
    broken[10, 3] = np.nan
    write_bvh(tmp_path / "a.bvh", motion_of(broken, frames=kept), fps=30.0)
    apart = np.linalg.norm(played(read_bvh(tmp_path / "a.bvh")) / 100 - joints, axis=-1)
    assert len(apart) == 120
    assert apart[np.setdiff1d(kept, [10])].max() < 2e-4
    assert apart[10].max() < 0.03
    assert apart.max() < 0.15


def test_uneven_times_keep_the_speed(tmp_path, pose, motion_of, read_bvh):
    fine = dance(pose, frames=1201)
    rng = np.random.default_rng(1)
    chosen = np.unique(np.r_[0, np.sort(rng.choice(np.arange(1, 1200), 160, replace=False)), 1200])
    times = chosen / 1200 * 4.0
    write_bvh(tmp_path / "a.bvh", motion_of(fine[chosen], times=times), fps=30.0)
    found = played(read_bvh(tmp_path / "a.bvh")) / 100
    assert len(found) == 121
    assert np.linalg.norm(found - fine[::10], axis=-1).mean() < 0.01


def test_time_stamps_in_whole_milliseconds_count_as_even(tmp_path, pose, motion_of, read_bvh):
    joints = dance(pose)
    write_bvh(tmp_path / "a.bvh", motion_of(joints, times=np.round(np.arange(120) / 30, 3)), fps=30.0)
    assert np.linalg.norm(played(read_bvh(tmp_path / "a.bvh")) / 100 - joints, axis=-1).max() < 2e-4


def test_one_frame(tmp_path, pose, motion_of, read_bvh):
    joints = pose() + [0, 0.9, 0]
    write_bvh(tmp_path / "a.bvh", motion_of(joints), fps=30.0)
    assert np.linalg.norm(played(read_bvh(tmp_path / "a.bvh")) / 100 - joints, axis=-1).max() < 2e-4


def test_what_cannot_be_written(tmp_path, pose, motion_of):
    with pytest.raises(ValueError, match="no frame"):
        write_bvh(tmp_path / "a.bvh", motion_of(pose() * np.nan), fps=30.0)
    with pytest.raises(ValueError, match="fps is 0"):
        write_bvh(tmp_path / "a.bvh", motion_of(pose()), fps=0)
    with pytest.raises(InputError, match="missing"):
        write_bvh(tmp_path / "missing" / "a.bvh", motion_of(pose()), fps=30.0)
    assert list(tmp_path.iterdir()) == []


MIXAMO = {"LowerBack": "Spine", "Spine": "Spine1", "Neck": "Neck", "LeftArm": "LeftArm", "RightUpLeg": "RightUpLeg"}
BLENDER = {"Hips": "hips", "Spine": "chest", "LeftUpLeg": "thigh.L", "RightLeg": "shin.R", "RightForeArm": "forearm.R",
           "LeftShoulder": "shoulder.L", "Head": "head"}


@pytest.mark.parametrize(("preset", "renamed"), [
    ("mixamo", {name: f"mixamorig:{new}" for name, new in MIXAMO.items()}), ("blender", BLENDER),
])
def test_naming_presets_rename_the_same_motion(tmp_path, pose, motion_of, read_bvh, preset, renamed):
    motion = motion_of(dance(pose))
    write_bvh(tmp_path / "a.bvh", motion, fps=30.0)
    write_bvh(tmp_path / "b.bvh", motion, fps=30.0, names=preset)
    plain, other = read_bvh(tmp_path / "a.bvh"), read_bvh(tmp_path / "b.bvh")
    (before, turns), (after, turns_after) = plain.play(), other.play()
    for name, new in renamed.items():
        np.testing.assert_allclose(after[new], before[name], atol=1e-3)
        np.testing.assert_allclose(turns_after[new], turns[name], atol=1e-9)
    for end in ("Head", "LeftHand", "RightFoot"):
        new = {"mixamo": f"mixamorig:{end}", "blender": {"Head": "head", "LeftHand": "hand.L", "RightFoot": "foot.R"}[
            end]}[preset]
        np.testing.assert_allclose(after[f"{new} end"], before[f"{end} end"], atol=1e-3)


def test_mixamo_has_three_joints_in_the_back(tmp_path, pose, motion_of, read_bvh):
    write_bvh(tmp_path / "a.bvh", motion_of(dance(pose)), fps=30.0, names="mixamo")
    bvh = read_bvh(tmp_path / "a.bvh")
    back = ["Hips", "Spine", "Spine1", "Spine2", "Neck", "Head"]
    for parent, child in zip(back, back[1:], strict=False):
        assert bvh.joints[f"mixamorig:{child}"].parent == f"mixamorig:{parent}"
    for child in ("LeftShoulder", "RightShoulder"):
        assert bvh.joints[f"mixamorig:{child}"].parent == "mixamorig:Spine2"
    places, turns = bvh.play()
    middle = (places["mixamorig:Spine1"] + places["mixamorig:Neck"]) / 2
    np.testing.assert_allclose(places["mixamorig:Spine2"], middle, atol=1e-3)
    np.testing.assert_allclose(turns["mixamorig:Spine2"], np.tile(np.eye(3), (120, 1, 1)), atol=1e-12)
    assert all(name.startswith("mixamorig:") for name in bvh.joints)


def test_blender_names_have_mirror_images(tmp_path, pose, motion_of, read_bvh):
    write_bvh(tmp_path / "a.bvh", motion_of(pose()), fps=30.0, names="blender")
    names = set(read_bvh(tmp_path / "a.bvh").joints)
    sided = {name for name in names if name.endswith((".L", ".R"))}
    assert len(sided) == 14
    assert {name[:-1] + {"L": "R", "R": "L"}[name[-1]] for name in sided} == sided
    assert names - sided == {"hips", "spine", "chest", "neck", "head"}
