"""Two-bone limbs."""

import numpy as np
import pytest

from vid2pose3d.place.clean.limbs import LEGS, move_end, off_line, reach, turned
from vid2pose3d.place.clean.limits import usual_side
from vid2pose3d.skeleton import H36M17
from vid2pose3d.vectors import unit

LEG = LEGS[1]


def lengths_in(joints):
    return np.linalg.norm(joints - joints[:, np.maximum(H36M17.parents, 0)], axis=-1)


def test_the_end_gets_to_its_target_and_bones_keep_their_lengths(walker):
    joints = walker(60)
    target = joints[:, LEG[2]] + np.random.default_rng(0).uniform(-0.03, 0.03, (60, 3)) + [0, 0.05, 0]
    moved = move_end(joints, LEG, target, usual=usual_side(joints, LEG))
    assert moved[:, LEG[2]] == pytest.approx(target)
    assert lengths_in(moved) == pytest.approx(lengths_in(joints))
    others = np.setdiff1d(np.arange(17), LEG[1:])
    assert np.array_equal(moved[:, others], joints[:, others])


def test_staying_where_it_is_changes_nothing(walker):
    joints = walker(60)
    assert move_end(joints, LEG, joints[:, LEG[2]], usual=usual_side(joints, LEG)) == pytest.approx(joints)


def test_the_knee_stays_in_its_plane_and_on_its_side(walker):
    joints = walker(60)
    nearer = joints[:, LEG[0]] + 0.9 * (joints[:, LEG[2]] - joints[:, LEG[0]])
    moved = move_end(joints, LEG, nearer, usual=usual_side(joints, LEG))
    assert unit(off_line(moved, LEG)) == pytest.approx(unit(off_line(joints, LEG)))


def test_a_straight_leg_bends_its_knee_to_the_front(walker):
    joints = np.repeat(walker(1), 20, axis=0)
    hip, knee, ankle = LEG
    joints[:, knee] = joints[:, hip] - [0, 0.44, 0] + np.random.default_rng(0).normal(0, 2e-4, (20, 3))
    joints[:, ankle] = joints[:, hip] - [0, 0.86, 0]
    moved = move_end(joints, LEG, joints[:, ankle] + [0, 0.1, 0], usual=usual_side(joints, LEG))
    assert unit(off_line(moved, LEG)) == pytest.approx(np.tile([0.0, 0.0, 1.0], (20, 1)), abs=0.2)


def test_what_is_out_of_reach_stretches_the_leg_and_no_bone(walker):
    joints = walker(5)
    target = joints[:, LEG[0]] + [0.0, 0.0, 3.0]
    moved = move_end(joints, LEG, target, usual=usual_side(joints, LEG))
    assert lengths_in(moved) == pytest.approx(lengths_in(joints))
    far = moved[:, LEG[2]] - joints[:, LEG[0]]
    assert np.linalg.norm(far, axis=-1) == pytest.approx(reach(joints, LEG))
    assert unit(far) == pytest.approx(np.tile([0.0, 0.0, 1.0], (5, 1)))


def test_least_turns_agree_with_a_known_one():
    x, y, z = np.eye(3)
    assert turned(np.stack([x, y, z]), x, y) == pytest.approx(np.stack([y, -x, z]))
