"""Joints of other programs, told by their names or their number."""

from pathlib import Path

import pytest

from vid2pose3d.detect.foreign.joints import by_count, by_names
from vid2pose3d.errors import InputError
from vid2pose3d.skeleton import BLAZEPOSE33, COCO17, H36M17, HALPE26, MPI3DHP17, MPI3DHP28

FILE = Path("k.json")
ARMS = ["left_shoulder", "left_elbow", "left_wrist", "right_shoulder", "right_elbow", "right_wrist"]
MMPOSE_H36M = ["root", "right_hip", "right_knee", "right_foot", "left_hip", "left_knee", "left_foot", "spine", "thorax",
               "neck_base", "head", *ARMS]
MMPOSE_3DHP = ["head_top", "neck", *ARMS[3:], *ARMS[:3], "right_hip", "right_knee", "right_ankle", "left_hip",
               "left_knee", "left_ankle", "root", "spine", "head"]


@pytest.mark.parametrize(("names", "joints", "places"), [
    (list(COCO17.joints), COCO17, {0: "nose", 16: "right_ankle"}),
    (list(MPI3DHP17.joints), MPI3DHP17, {0: "head", 14: "pelvis"}),
    (list(H36M17.joints), H36M17, {0: "pelvis", 10: "head"}),
    (MMPOSE_H36M, H36M17, {0: "pelvis", 3: "right_ankle", 6: "left_ankle", 9: "neck_nose", 11: "left_shoulder"}),
    (MMPOSE_3DHP, MPI3DHP28, {0: "head_top", 1: "neck", 2: "right_shoulder", 14: "pelvis", 16: "head"}),
    (["Hip", "RHip", "RBigToe", "LSmallToe", "Neck", "Head", "Nose"], HALPE26,
     {0: "pelvis", 1: "right_hip", 2: "right_big_toe", 3: "left_small_toe", 5: "head"}),
    (["Nose", "left eye", "L_Ear", "rightKnee"], COCO17, {1: "left_eye", 2: "left_ear", 3: "right_knee"}),
    (["nose", "mouth_left", "left_pinky"], BLAZEPOSE33, {1: "left_mouth", 2: "left_pinky"}),
], ids=lambda given: getattr(given, "name", ""))
def test_joints_are_found_by_name(names, joints, places):
    order = by_names(names, FILE)
    assert order.joint_set is joints
    assert {place: joints.joints[order.places[place]] for place in places} == places


def test_strange_names_are_refused_and_named():
    with pytest.raises(InputError, match="such as tail, fin.*known sets are h36m17"):
        by_names(["nose", "tail", "fin"], FILE)


@pytest.mark.parametrize(("count", "name"), [(17, "coco17"), (18, "coco18"), (25, "body25"), (26, "halpe26"),
                                             (28, "mpi3dhp28"), (33, "blazepose33")])
def test_the_usual_set_of_a_number_of_joints(count, name):
    assert by_count(count, FILE, chosen=None).joint_set.name == name


def test_a_choice_must_have_the_number():
    assert by_count(17, FILE, chosen=H36M17).joint_set is H36M17
    with pytest.raises(InputError, match="--from-joints halpe26: has 26 joints, but k.json has 17"):
        by_count(17, FILE, chosen=HALPE26)
