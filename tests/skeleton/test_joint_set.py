import numpy as np
import pytest

from vid2pose3d.skeleton import BLAZEPOSE33, COCO17, H36M17, MPI3DHP17
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


@pytest.mark.parametrize("joints", [H36M17, MPI3DHP17, COCO17, BLAZEPOSE33], ids=lambda s: s.name)
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
