"""Joint limits."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from vid2pose3d.data.mocap import load_mocap
from vid2pose3d.place.clean.limbs import ARMS, LEGS, off_line
from vid2pose3d.place.clean.limits import within_limits
from vid2pose3d.skeleton import H36M17

LEFT_LEG = LEGS[0]


def lengths_in(joints):
    return np.linalg.norm(joints - joints[:, np.maximum(H36M17.parents, 0)], axis=-1)


def standing(walker, angles):
    """A standing person, whose left knee is 10 cm off the leg's line, turned about that by angles from the front."""
    joints = np.repeat(walker(1), len(angles), axis=0)
    hip, knee, ankle = LEFT_LEG
    joints[:, ankle] = joints[:, hip] - [0, 0.8, 0]
    radians = np.radians(angles)
    joints[:, knee] = joints[:, hip] + np.stack([0.1 * np.sin(radians), np.full(len(angles), -0.41),
                                                 0.1 * np.cos(radians)], axis=-1)
    return joints


def angle_of(joints):
    aside = off_line(joints, LEFT_LEG)
    return np.degrees(np.arctan2(aside[:, 0], aside[:, 2]))


def test_a_knee_within_its_limits_is_left_alone(walker):
    joints = standing(walker, np.arange(-50, 86, 5))
    assert np.array_equal(within_limits(joints), joints)


def test_a_knee_bent_backwards_comes_to_the_front_without_a_jump(walker):
    angles = np.arange(-180, 180.5, 1)
    joints = standing(walker, angles)
    mended = within_limits(joints)
    found = angle_of(mended)
    assert found.min() > -50.01
    assert found.max() < 85.01
    steps = np.linalg.norm(np.diff(mended[:, LEFT_LEG[1]], axis=0), axis=-1)
    assert steps.max() < 1.01 * 0.1 * np.radians(1)
    assert lengths_in(mended) == pytest.approx(lengths_in(joints), abs=1e-12)
    moved = np.linalg.norm(mended - joints, axis=-1).max(axis=0) > 1e-9
    assert np.flatnonzero(moved).tolist() == [LEFT_LEG[1]]


def test_limits_turn_with_the_body_and_mirror(walker):
    joints = standing(walker, np.arange(-180, 180, 10))
    mended = within_limits(joints)
    turn = Rotation.from_euler("xyz", [40, 100, -70], degrees=True).as_matrix()
    assert within_limits(joints @ turn.T) == pytest.approx(mended @ turn.T)
    flip = np.array([-1.0, 1.0, 1.0])
    assert within_limits(joints[:, H36M17.mirror] * flip) == pytest.approx(mended[:, H36M17.mirror] * flip)


def test_a_limb_folded_into_itself_opens_to_15_degrees(walker):
    joints = walker(1)
    shoulder, elbow, wrist = ARMS[1]
    upper, lower = (lengths_in(joints)[0, joint] for joint in (elbow, wrist))
    joints[:, elbow] = joints[:, shoulder] - [0, upper, 0]
    joints[:, wrist] = joints[:, elbow] + lower * np.array([0, np.cos(0.05), np.sin(0.05)])
    mended = within_limits(joints)
    fore, up = mended[0, wrist] - mended[0, elbow], mended[0, shoulder] - mended[0, elbow]
    assert np.degrees(np.arccos(fore @ up / upper / lower)) == pytest.approx(15, abs=0.1)
    assert lengths_in(mended) == pytest.approx(lengths_in(joints), abs=1e-9)


def test_recorded_people_keep_to_the_limits(shared):
    """Motion capture of people that the limits were not taken from."""
    joints = np.concatenate([clip.joints for clip in load_mocap(shared / "mocap") if clip.split == "val"]).astype(float)
    moved = np.linalg.norm(within_limits(joints) - joints, axis=-1)
    assert moved.mean() < 0.0001
    assert (moved.max(axis=1) > 0.01).mean() < 0.01
