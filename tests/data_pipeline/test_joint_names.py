"""Joint names of many programs, and the table for all others."""

import json

import pytest

from vid2pose3d.data.joint_names import NEEDED, UnknownJoints, find_places, read_map, sided
from vid2pose3d.errors import InputError

LIMBS = ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
DIALECTS = {
    "mixamo": ("mixamorig:LeftUpLeg LeftLeg LeftFoot LeftArm LeftForeArm LeftHand", "LeftShoulder", "Hips", "Neck"),
    "mixamo2": ("mixamorig1:LeftUpLeg LeftLeg LeftFoot LeftArm LeftForeArm LeftHand", "LeftShoulder", "Hips", "Neck"),
    "rokoko": ("LeftThigh LeftShin LeftFoot LeftArm LeftForeArm LeftHand", "LeftShoulder", "Hips", "Neck"),
    "daz": ("lThigh lShin lFoot lShldr lForeArm lHand", "lCollar", "hip", "neck"),
    "cmu": ("lfemur ltibia lfoot lhumerus lradius lwrist", "lclavicle", "root", "lowerneck"),
    "max-friendly": ("LeftHip LeftKnee LeftAnkle LeftShoulder LeftElbow LeftWrist", "LeftCollar", "Hips", "lowerneck"),
    "unreal": ("thigh_l calf_l foot_l upperarm_l lowerarm_l hand_l", "clavicle_l", "pelvis", "neck_01"),
    "blender": ("DEF-thigh.L DEF-shin.L DEF-foot.L upper_arm.L forearm.L hand.L", "shoulder.L", "hips", "neck"),
    "biped": ("Bip01 L Thigh|Bip01 L Calf|Bip01 L Foot|Bip01 L UpperArm|Bip01 L Forearm|Bip01 L Hand",
              "Bip01 L Clavicle", "Bip01 Pelvis", "Bip01 Neck"),
    "vrm": ("J_Bip_L_UpperLeg J_Bip_L_LowerLeg J_Bip_L_Foot J_Bip_L_UpperArm J_Bip_L_LowerArm J_Bip_L_Hand",
            "J_Bip_L_Shoulder", "J_Bip_C_Hips", "J_Bip_C_Neck"),
    "smpl": ("left_hip left_knee left_ankle left_shoulder left_elbow left_wrist", "left_collar", "pelvis", "neck"),
    "xsens": ("LeftHip LeftKnee LeftAnkle LeftShoulder LeftElbow LeftWrist", "LeftCollar", "Hips", "Neck"),
    "own": ("LeftUpLeg LeftLeg LeftFoot LeftArm LeftForeArm LeftHand", "LeftShoulder", "Hips", "Neck"),
}
SWAPS = (("Left", "Right"), ("left", "right"), ("_l", "_r"), (".L", ".R"), (" L ", " R "), ("_L_", "_R_"))


def other_side(name):
    for left, right in SWAPS:
        if left in name:
            return name.replace(left, right)
    return "r" + name[1:]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_bodies_are_found_whatever_their_joints_are_called(dialect):
    limbs, collar, pelvis, neck = DIALECTS[dialect]
    left = [*(limbs.split("|") if "|" in limbs else limbs.split()), collar]
    names = [pelvis, *left, *map(other_side, left), neck, "Head", "LeftHandIndex1", "lThumb1", "prop"]
    found = find_places(names)
    for side, own in (("left", left), ("right", list(map(other_side, left)))):
        assert [names[found[f"{side}_{place}"][0]] for place in (*LIMBS, "collar")] == own
    assert names[found["head"][0]] == "Head"
    assert names[found["neck"][0]] == neck
    assert names[found["pelvis"][0]] == pelvis


def test_several_joints_of_spine_and_neck_keep_their_order():
    places = find_places([*NEEDED, "LowerBack", "Spine", "Spine1", "lowerneck", "upperneck", "head", "head end"])
    assert places["spine"] == [12, 13, 14]
    assert places["neck"] == [15, 16]
    assert (places["head"], places["head_top"]) == ([17], [18])


@pytest.mark.parametrize(("name", "expected"), [
    ("Character1:LeftUpLeg", ("left", "upleg")), ("group|rig|R_Foot", ("right", "foot")),
    ("LHipJoint", ("left", "hipjoint")),
    ("lowerback", ("", "lowerback")), ("root", ("", "root")), ("Hand Left", ("left", "hand")), ("lab", ("", "lab")),
])
def test_sides(name, expected):
    assert sided(name) == expected


def test_what_is_unknown_is_listed_with_the_cure():
    names = [name for name in NEEDED if name != "left_knee"] + ["head", "Bone_017", "left_hip end"]
    with pytest.raises(UnknownJoints) as caught:
        find_places(names)
    message = str(caught.value)
    assert "left_knee" in message
    assert "Bone_017" in message
    assert "--map" in message
    assert " end" not in message
    assert "\n" not in message
    assert find_places(names, {"Bone_017": "left_knee"})["left_knee"] == [12]


def test_a_map_goes_before_names_and_can_leave_joints_out():
    names = [*NEEDED, "head", "left_knee_helper", "Spine"]
    found = find_places(names, {"left_knee_helper": "left_knee", "Spine": ""})
    assert found["left_knee"] == [13]
    assert "spine" not in found


def test_maps_are_json_or_csv(tmp_path):
    (tmp_path / "m.json").write_text(json.dumps({"a": "left_hip", "b": ""}))
    (tmp_path / "m.csv").write_text("joint,place\na,left_hip\nb,\n")
    assert read_map(tmp_path / "m.json") == read_map(tmp_path / "m.csv") == {"a": "left_hip", "b": ""}


@pytest.mark.parametrize(("name", "text", "word"), [
    ("m.json", '{"a": "left_hib"}', "'a' -> 'left_hib'"), ("m.json", "[1]", "JSON object"), ("m.json", "{", "JSON"),
    ("m.csv", "bone,place\na,left_hip\n", "columns joint and place"), ("none.json", None, "none.json"),
])
def test_bad_maps_get_one_line(tmp_path, name, text, word):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match="--map") as caught:
        read_map(tmp_path / name)
    assert word in str(caught.value)
    assert "\n" not in str(caught.value)
