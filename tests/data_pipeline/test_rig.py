"""Bodies of recorded files against a conversion of the same trials, and of files that this program wrote."""

from dataclasses import replace

import numpy as np
import pytest
from motion_files import MIXAMO, write_figure
from scipy.spatial.transform import Rotation
from sway import STANDING, moving

from vid2pose3d.data import checks
from vid2pose3d.data.body import h36m17
from vid2pose3d.data.joint_names import UnknownJoints
from vid2pose3d.data.mocap import load_mocap
from vid2pose3d.data.readers import Recorded, read_recorded
from vid2pose3d.data.rig import to_body
from vid2pose3d.export import write_bvh
from vid2pose3d.motion import Motion3D, Person2D
from vid2pose3d.skeleton import BLAZEPOSE33, H36M17, MPI3DHP17

LIMBS = [H36M17.index(f"{side}_{place}") for side in ("left", "right")
         for place in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")]
CENTRE = [joint for joint in range(17) if joint not in LIMBS]
FACE = [H36M17.index("neck_nose"), H36M17.index("head")]


def in_metres(recorded):
    body, notes = to_body(recorded)
    scale, _ = checks.find_unit(body, recorded.metres_per_unit)
    matrix, _ = checks.upright(body)
    return h36m17(body.moved(scale=scale, matrix=matrix)), notes


@pytest.mark.parametrize(("name", "clip", "first", "limbs", "centre"), [
    ("02_03.amc", "cmu_02_03", 0, 0.002, 0.005),
    ("09_03_motionbuilder_friendly.bvh", "cmu_09_03", 1, 0.007, 0.008),
    ("Male1_A13_Skipping.bvh", "accad_Male1_A13_Skipping", 0, 0.002, 0.025),
    ("fair1_dab.bvh", "fair1_dab", 32, 0.002, 0.1),
])
def test_samples_agree_with_their_conversion(shared, name, clip, first, limbs, centre):
    recorded = read_recorded(shared / "mocap" / "samples" / name)
    reference = next(c for c in load_mocap(shared / "mocap") if c.id == clip).joints
    found = in_metres(recorded)[0][first::round(recorded.fps / 30)][:len(reference)]
    found = found - found[:1, :1] * [1, 0, 1] + (reference[:1, :1] - found[:1, :1]) * [0, 1, 0]
    apart = np.linalg.norm(found - reference, axis=-1)
    assert apart[:, LIMBS].max() < limbs
    # The conversion has the nose of the ACCAD clips at the side of the head.
    compared = [joint for joint in CENTRE if "Male1" not in name or joint not in FACE]
    assert apart[:, compared].max() < centre


MAX_FRIENDLY = {
    "root": "Hips", "upperback": "Chest", "thorax": "Chest2", "upperneck": "Neck", "head": "Head",
    "head end": "Head end",
    **{f"{side[0].lower()}{bone}": f"{side}{name}" for side in ("Left", "Right") for bone, name in (
        ("femur", "Hip"), ("tibia", "Knee"), ("foot", "Ankle"), ("toes", "Toe"), ("clavicle", "Collar"),
        ("humerus", "Shoulder"), ("radius", "Elbow"), ("wrist", "Wrist"))},
}


@pytest.mark.parametrize("renamed", [{}, MAX_FRIENDLY], ids=["as in the original", "max-friendly"])
def test_a_conversion_that_lost_the_chest_agrees_with_its_original(shared, renamed):
    original = read_recorded(shared / "mocap" / "samples" / "02_03.amc")
    chest, neck = original.names.index("thorax"), original.names.index("lowerneck")
    lost = original.rest[neck] - original.rest[chest]
    above = {neck, original.names.index("lclavicle"), original.names.index("rclavicle")}
    for index, parent in enumerate(original.parents):
        if parent in above:
            above.add(index)
    picked = sorted(above)
    positions, rest = original.positions.copy(), original.rest.copy()
    positions[:, picked] -= original.turns[chest].apply(lost)[:, None]
    rest[picked] -= lost
    converted = replace(original, positions=positions, rest=rest,
                        names=tuple(renamed.get(name, name) for name in original.names))

    found, notes = in_metres(converted)
    reference, none = in_metres(original)
    assert notes == ["gave the chest back the length that a conversion lost"]
    assert none == []
    assert np.linalg.norm(found - reference, axis=-1).max() < 0.005
    shoulders = [H36M17.index("left_shoulder"), H36M17.index("right_shoulder")]
    unrepaired = h36m17(replace(to_body(converted)[0], points=dict(
        to_body(converted)[0].points, **{f"{side}_shoulder": positions[:, original.names.index(f"{side[0]}humerus")]
                                         for side in ("left", "right")}))) * 0.0254 / 0.45
    assert np.linalg.norm(unrepaired - h36m17(to_body(original)[0]) * 0.0254 / 0.45, axis=-1)[:, shoulders].min() > 0.09


@pytest.mark.parametrize("unit", ["m", "cm"])
def test_files_of_run_come_back_as_they_were(tmp_path, unit):
    joints = rigid(40)
    write_bvh(tmp_path / "clip_person01.bvh", motion(joints), fps=30.0, unit=unit)
    found, notes = in_metres(read_recorded(tmp_path / "clip_person01.bvh"))
    assert notes == []
    assert np.linalg.norm(found - joints, axis=-1).max() < 0.001


def rigid(frames):
    """(F, 17, 3) the swaying walker with the bones of the standing figure, the pelvis in the middle of the hips."""
    rest = np.array([STANDING[name] for name in H36M17.joints])
    swaying = moving(frames, seed=1).astype(float)
    joints = swaying.copy()
    for parent, child in H36M17.bones:
        bone = swaying[:, child] - swaying[:, parent]
        length = np.linalg.norm(rest[child] - rest[parent])
        joints[:, child] = joints[:, parent] + length * bone / np.linalg.norm(bone, axis=-1, keepdims=True)
    right = [H36M17.index(f"right_{place}") for place in ("hip", "knee", "ankle")]
    wanted = 2 * joints[:, 0] - joints[:, H36M17.index("left_hip")]
    joints[:, right] += (wanted - joints[:, right[0]])[:, None]
    return joints


def motion(joints):
    frames = np.arange(len(joints))
    person = Person2D(1, H36M17, frames, frames / 30, np.zeros((len(joints), 17, 2)), np.ones((len(joints), 17)),
                      np.zeros((len(joints), 4)), np.zeros(len(joints), bool))
    return Motion3D(person, joints, joints, np.ones((len(joints), 17)))


def arrays(positions, names):
    return Recorded(format="npz", fps=30.0, names=tuple(names), positions=positions)


def test_h36m_arrays_are_taken_as_they_are():
    joints = moving(10, seed=0).astype(float)
    shuffled = np.random.default_rng(0).permutation(17)
    found, _ = in_metres(arrays(joints[:, shuffled] * 1000, np.array(H36M17.joints)[shuffled]))
    np.testing.assert_allclose(found, joints, atol=1e-9)


def test_known_joint_sets_are_converted():
    joints = moving(10, seed=0).astype(float)
    picked = H36M17.indices(MPI3DHP17.joints)
    np.testing.assert_allclose(in_metres(arrays(joints[:, picked], MPI3DHP17.joints))[0], joints, atol=1e-9)
    _, notes = to_body(arrays(np.random.default_rng(0).normal(size=(3, 33, 3)), BLAZEPOSE33.joints))
    assert notes == ["converted from the joint set blazepose33"]


def test_marker_sets_that_lack_some_say_which():
    names = [side + name for side in "LR" for name in ("ASI", "KNE", "ANK", "SHO", "ELB", "WRI", "FHD", "BHD")]
    with pytest.raises(UnknownJoints, match="LPSI, RPSI, C7 are missing"):
        to_body(arrays(np.zeros((2, 17, 3)), [*(f"Ann:{name}" for name in names), "CLAV"]))


def test_joints_without_a_hierarchy_make_the_same_body(tmp_path):
    figure = read_recorded(write_figure(tmp_path / "t.bvh", seconds=1))
    names = {name: place for place, name in MIXAMO.items()}
    joints = [index for index, name in enumerate(figure.names) if name in names and "Toe" not in name]
    bare = arrays(figure.positions[:, joints], [names[figure.names[index]] for index in joints])
    limbs = LIMBS + [H36M17.index("spine"), H36M17.index("thorax"), H36M17.index("neck_nose")]
    np.testing.assert_allclose(in_metres(bare)[0][:, limbs], in_metres(figure)[0][:, limbs], atol=1e-9)


def test_a_plain_rig_gets_human36m_s_definitions(tmp_path):
    """The figure stands still in its T-pose: every joint follows by hand, in centimetres."""
    still = {place: np.zeros((2, 3)) for place in ("left_hip", "right_hip", "left_knee", "right_knee", "left_shoulder",
                                                   "right_shoulder")}
    path = write_figure(tmp_path / "t.bvh", seconds=1 / 30, turns=still, places=np.array([[0, 95.0, 0]] * 2))
    found = dict(zip(H36M17.joints, 100 * in_metres(read_recorded(path))[0][0], strict=True))
    thigh = np.hypot(42, 1)
    assert found["pelvis"] == pytest.approx([0, 90, 0])
    assert found["left_hip"] == pytest.approx([0.27 * thigh, 90, 0])
    assert found["right_hip"] == pytest.approx([-0.27 * thigh, 90, 0])
    assert found["left_shoulder"] == pytest.approx([18, 141, 0])
    assert found["right_wrist"] == pytest.approx([-73, 141, 0])
    assert found["thorax"] == pytest.approx([0, 141 + 0.025 * 2 * thigh, 0])
    assert found["spine"] == pytest.approx([0, 90 + 0.47 * (found["thorax"][1] - 90), 0])
    nose = found["neck_nose"] - found["thorax"]
    assert np.linalg.norm(nose) == pytest.approx(0.1315 * 2 * thigh)
    assert 4 < nose[2] < 7
    assert found["head"][1] > found["neck_nose"][1] + 8


def test_the_face_turns_with_the_head(tmp_path):
    turns = {"head": np.array([[0, 60.0, 0]] * 31)}
    found, _ = in_metres(read_recorded(write_figure(tmp_path / "t.bvh", seconds=1, turns=turns)))
    nose = (found[:, FACE[0]] - found[:, H36M17.index("thorax")]).mean(axis=0)
    assert np.degrees(np.arctan2(nose[0], nose[2])) == pytest.approx(60, abs=1)


def test_without_a_standing_rest_pose_the_face_follows_the_shoulders(tmp_path):
    """The ACCAD files' rest pose has every bone along its own axis, so the head's front is not that of the file."""
    plain = read_recorded(write_figure(tmp_path / "t.bvh", seconds=1))
    head = plain.names.index(MIXAMO["head"])
    turns = list(plain.turns)
    turns[head] = turns[head] * Rotation.from_euler("y", 90, degrees=True)
    rest = plain.rest.copy()
    rest[plain.names.index(MIXAMO["left_hip"])] *= [-1, 1, 1]
    rest[plain.names.index(MIXAMO["right_hip"])] *= [-1, 1, 1]
    odd, _ = in_metres(replace(plain, turns=tuple(turns), rest=rest))
    np.testing.assert_allclose(odd, in_metres(plain)[0], atol=1e-3)
