"""Skeletons under the names of presets, recognised by the reader of motion capture."""

import numpy as np
import pytest

from vid2pose3d.data.joint_names import find_places
from vid2pose3d.export.rig import rig


@pytest.mark.parametrize("names", ["default", "mixamo", "blender"])
def test_every_preset_is_recognised_as_a_body(pose, names):
    skeleton = rig(pose(), names)
    places = find_places([joint.name for joint in skeleton])
    parts = {place: skeleton[indices[0]].part for place, indices in places.items()}
    assert parts["left_hip"] == "LeftUpLeg"
    assert parts["right_ankle"] == "RightFoot"
    assert parts["left_shoulder"] == "LeftArm"
    assert parts["left_collar"] == "LeftShoulder"
    assert parts["right_wrist"] == "RightHand"
    assert (parts["pelvis"], parts["spine"], parts["head"]) == ("Hips", "LowerBack", "Head")


@pytest.mark.parametrize("names", ["default", "mixamo", "blender"])
def test_parents_come_first_and_the_size_is_the_same(pose, names):
    skeleton, plain = rig(pose(), names), rig(pose(), "default")
    assert len({joint.name for joint in skeleton}) == len(skeleton)

    def place(joints, index):
        joint = joints[index]
        assert joint.parent is None or joint.parent < index
        return joint.offset + (0 if joint.parent is None else place(joints, joint.parent))

    turning = [index for index, joint in enumerate(skeleton) if joint.column is not None]
    for index, other in zip(turning, range(len(plain)), strict=True):
        np.testing.assert_allclose(place(skeleton, index), place(plain, other), atol=1e-12)
