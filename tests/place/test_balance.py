"""Where a body's weight is, and where its feet carry it."""

import numpy as np
import pytest

from vid2pose3d.place.balance import mass_centre, soles
from vid2pose3d.place.world import Track, find_slope
from vid2pose3d.skeleton import H36M17

UP = np.array([0.0, 1.0, 0.0])


def test_the_weight_of_someone_who_stands_is_a_little_over_half_the_height(walker):
    """Winter's table has it at 0.56 of the stature for adults who stand."""
    joints = walker(30)
    height = mass_centre(joints)[:, 1].mean() / (joints[:, H36M17.index("head"), 1].mean() + 0.09)
    assert height == pytest.approx(0.56, abs=0.03)


def test_raised_arms_raise_the_weight_by_their_share(walker):
    joints = walker(1)
    raised = joints.copy()
    for side in ("left", "right"):
        shoulder, elbow, wrist = H36M17.indices([f"{side}_{joint}" for joint in ("shoulder", "elbow", "wrist")])
        raised[:, [elbow, wrist], 1] = 2 * joints[:, [shoulder], 1] - joints[:, [elbow, wrist], 1]
    arm = joints[0, H36M17.index("left_shoulder"), 1] - joints[0, H36M17.indices(("left_elbow", "left_wrist")), 1]
    by = 2 * 2 * (0.028 * 0.436 * arm[0] + 0.022 * (0.318 * arm[0] + 0.682 * arm[1]))
    assert (mass_centre(raised) - mass_centre(joints))[0] == pytest.approx([0, by, 0], abs=1e-3)


def test_soles_are_before_the_ankles_whichever_way_one_faces(walker):
    joints = walker(60)
    ahead = soles(joints, up=UP) - joints[:, H36M17.indices(("left_ankle", "right_ankle"))]
    assert np.linalg.norm(ahead, axis=-1) == pytest.approx(np.full((60, 2), 0.05))
    heading = np.gradient(joints[:, 0], axis=0)
    heading /= np.linalg.norm(heading, axis=1, keepdims=True)
    assert (ahead * heading[:, None]).sum(axis=-1) == pytest.approx(np.full((60, 2), 0.05), abs=0.005)


def test_poses_that_lean_away_from_the_camera_are_set_upright(walker, view, up_of):
    joints = view(walker(10), pitch=10)
    track = Track(joints, np.arange(10) / 30.0, np.ones(10))
    straight, more = (find_slope([track], lean=lean)[0] for lean in (0.0, 0.05))
    true = np.array([up_of(pitch=10)[0], up_of(pitch=10)[2]]) / -up_of(pitch=10)[1]
    assert (more - straight)[1] == pytest.approx(-0.05, abs=0.01)
    assert abs((straight - true)[1]) < 0.05
