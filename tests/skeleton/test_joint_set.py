import numpy as np
import pytest

from vid2pose3d.skeleton import BLAZEPOSE33, BODY25, COCO17, COCO18, H36M17, HALPE26, JOINT_SETS, MPI3DHP17, MPI3DHP28
from vid2pose3d.skeleton.sets import joint_set


def test_human36m_order_parents_and_sides_are_those_of_the_field():
    """The order that VideoPose3D keeps of Human3.6M's 32 joints, and its tables of parents and sides."""
    assert H36M17.parents == (-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15)
    left = [i for i, name in enumerate(H36M17.joints) if name.startswith("left_")]
    right = [i for i, name in enumerate(H36M17.joints) if name.startswith("right_")]
    assert left == [4, 5, 6, 11, 12, 13]
    assert right == [1, 2, 3, 14, 15, 16]


def test_coco_order_is_that_of_its_annotations():
    assert COCO17.indices(("nose", "left_shoulder", "right_wrist", "left_hip", "right_ankle")) == [0, 5, 10, 11, 16]


def test_mpi_inf_3dhp_order_and_sides_are_those_of_the_field():
    names = ("head", "thorax", "right_shoulder", "left_wrist", "right_hip", "left_ankle", "pelvis", "spine",
             "neck_nose")
    assert MPI3DHP17.indices(names) == [0, 1, 2, 7, 8, 13, 14, 15, 16]
    assert [i for i, name in enumerate(MPI3DHP17.joints) if name.startswith("left_")] == [5, 6, 7, 11, 12, 13]
    assert [i for i, name in enumerate(MPI3DHP17.joints) if name.startswith("right_")] == [2, 3, 4, 8, 9, 10]


def test_blazepose_order_is_that_of_its_landmarks():
    names = ("nose", "left_ear", "left_shoulder", "right_wrist", "left_hip", "right_ankle", "right_foot_index")
    assert BLAZEPOSE33.indices(names) == [0, 7, 11, 16, 23, 28, 32]


def test_3dhp_order_and_sides_are_those_of_the_benchmark():
    assert MPI3DHP17.index("pelvis") == 14
    assert MPI3DHP17.mirror.tolist() == [0, 1, 5, 6, 7, 2, 3, 4, 11, 12, 13, 8, 9, 10, 14, 15, 16]


@pytest.mark.parametrize(("joints", "names"), [
    (BODY25, {0: "nose", 1: "neck", 2: "right_shoulder", 7: "left_wrist", 8: "pelvis", 9: "right_hip", 14: "left_ankle",
              15: "right_eye", 18: "left_ear", 19: "left_big_toe", 21: "left_heel", 22: "right_big_toe",
              24: "right_heel"}),
    (COCO18, {1: "neck", 2: "right_shoulder", 7: "left_wrist", 8: "right_hip", 11: "left_hip", 13: "left_ankle",
              14: "right_eye", 17: "left_ear"}),
    (HALPE26, {0: "nose", 5: "left_shoulder", 10: "right_wrist", 16: "right_ankle", 17: "head", 18: "neck",
               19: "pelvis", 20: "left_big_toe", 21: "right_big_toe", 22: "left_small_toe", 25: "right_heel"}),
    (MPI3DHP28, {0: "spine3", 3: "spine", 4: "pelvis", 5: "neck", 7: "head_top", 9: "left_shoulder", 12: "left_hand",
                 14: "right_shoulder", 17: "right_hand", 18: "left_hip", 23: "right_hip", 27: "right_toe"}),
], ids=lambda given: getattr(given, "name", ""))
def test_joints_stand_where_their_makers_list_them(joints, names):
    assert {place: joints.joints[place] for place in names} == names


@pytest.mark.parametrize("joints", JOINT_SETS.values(), ids=lambda s: s.name)
def test_mirroring_twice_changes_nothing_and_parents_come_first_or_not_at_all(joints):
    np.testing.assert_array_equal(joints.mirror[joints.mirror], np.arange(len(joints)))
    assert len(set(joints.joints)) == len(joints)
    assert joint_set(joints.name) is joints
    for name, other in zip(joints.joints, joints.mirror, strict=True):
        assert joints.joints[other].removeprefix("left_").removeprefix("right_") == \
            name.removeprefix("left_").removeprefix("right_")


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="no joint 'tail'"):
        H36M17.index("tail")
    with pytest.raises(ValueError, match="known are h36m17"):
        joint_set("ape12")
