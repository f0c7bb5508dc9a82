"""The rigid skeleton."""

import numpy as np
import pytest

from vid2pose3d.place.bones import bone_lengths, rigid_pose
from vid2pose3d.skeleton import H36M17


def lengths_in(joints):
    parents = np.maximum(H36M17.parents, 0)
    return np.linalg.norm(joints - joints[:, parents], axis=-1)


@pytest.fixture
def noisy(walker):
    joints = walker(60)
    joints = joints - joints[:, :1]
    rng = np.random.default_rng(0)
    measured = joints + rng.normal(0, 0.03, joints.shape)
    return joints, measured - measured[:, :1]


def test_lengths_of_a_rigid_walker(walker):
    joints = walker(20)
    found = bone_lengths(joints, np.ones((20, 17)))
    assert found == pytest.approx(lengths_in(joints)[0], abs=1e-9)


def test_lengths_are_medians_of_what_was_seen(walker):
    joints = walker(21)
    joints[:9, 13] += 1.0
    weights = np.ones((21, 17))
    joints[:15, 3] += 1.0
    weights[:15, 3] = 0
    assert bone_lengths(joints, weights) == pytest.approx(lengths_in(walker(21))[0], abs=1e-9)


def test_rigid_pose_keeps_a_rigid_pose(walker):
    joints = walker(20)
    lengths = bone_lengths(joints, np.ones((20, 17)))
    assert rigid_pose(joints, lengths) == pytest.approx(joints - joints[:, :1], abs=1e-9)


def test_rigid_pose_has_the_lengths_left_and_right_and_opposite_hips(noisy):
    _, measured = noisy
    lengths = bone_lengths(measured, np.ones((60, 17)))
    fitted = rigid_pose(measured, lengths)
    assert lengths_in(fitted) == pytest.approx(np.tile(lengths, (60, 1)), abs=1e-9)
    assert lengths == pytest.approx(lengths[H36M17.mirror])
    right, left = H36M17.indices(("right_hip", "left_hip"))
    assert fitted[:, right] == pytest.approx(-fitted[:, left], abs=1e-12)


def test_rigid_pose_comes_closer_to_the_truth_than_the_measurement_and_a_plain_chain(noisy):
    true, measured = noisy
    lengths = bone_lengths(true, np.ones((60, 17)))
    chain = np.zeros_like(measured)
    for parent, child in H36M17.bones:
        bone = measured[:, child] - measured[:, parent]
        chain[:, child] = chain[:, parent] + lengths[child] * bone / np.linalg.norm(bone, axis=-1, keepdims=True)
    error = {name: np.linalg.norm(joints - true, axis=-1).mean()
             for name, joints in (("measured", measured), ("chain", chain), ("fit", rigid_pose(measured, lengths)))}
    assert error["fit"] < 0.92 * error["measured"]
    assert error["fit"] < 0.92 * error["chain"]
