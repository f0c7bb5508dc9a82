import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from vid2pose3d.data.mocap import load_mocap
from vid2pose3d.export.bvh_skeleton import JOINTS, local_rotations
from vid2pose3d.export.feet import TIP, foot_rotations, ground_under
from vid2pose3d.skeleton import H36M17

GROUND = np.zeros(1)


def leaning(degrees, yaw=0.0):
    """A shin (1, 3, 3) that leans forward, with its knee over the toes."""
    return Rotation.from_euler("YX", [yaw, degrees], degrees=True).as_matrix()[None]


def ankle(height):
    return np.array([[0.3, height, -2.0]])


def toes(shin, place, local):
    return place + np.einsum("nij,j->ni", shin @ local, np.array(TIP))


@pytest.mark.parametrize("lean", [-35, -10, 0, 25, 40])
def test_a_standing_foot_is_flat_and_looks_where_the_shin_does(lean):
    shin = leaning(lean, yaw=70)
    local = foot_rotations(shin, ankle(0.08), GROUND)
    np.testing.assert_allclose(shin @ local, leaning(0, yaw=70), atol=1e-9)


def test_a_raised_foot_goes_with_the_shin():
    np.testing.assert_allclose(foot_rotations(leaning(30), ankle(0.4), GROUND), np.eye(3)[None], atol=1e-9)


def test_the_foot_of_somebody_who_lies_is_not_turned_flat():
    np.testing.assert_allclose(foot_rotations(leaning(-90), ankle(0.08), GROUND), np.eye(3)[None], atol=1e-9)


@pytest.mark.parametrize(("lean", "height", "most"),
                         [(50, 0.13, 0.05), (60, 0.12, 1e-9), (100, 0.02, 1e-9), (120, 0.05, 1e-9)])
def test_toes_that_would_be_under_the_ground_are_lifted_onto_it(lean, height, most):
    shin, place = leaning(lean), ankle(height)
    assert toes(shin, place, np.eye(3)[None])[0, 1] < -0.02
    local = foot_rotations(shin, place, GROUND)
    assert -1e-9 < toes(shin, place, local)[0, 1] <= most
    np.testing.assert_allclose(local[0, :, 0], [1, 0, 0], atol=1e-9)  # a bend of the ankle, no twist


def test_no_ankle_bends_further_than_it_can():
    for lean in range(-120, 121, 10):
        for height in np.arange(0, 0.4, 0.02):
            local = foot_rotations(leaning(lean), ankle(height), GROUND)
            assert np.degrees(Rotation.from_matrix(local).magnitude()) < 50.001


def test_the_ground_is_where_a_foot_stands_now_and_then():
    """Somebody hops on a platform of 1.5 m."""
    times = np.arange(120) / 30
    left = np.stack([times, 1.58 + 0.3 * np.maximum(0, np.sin(2 * np.pi * times)), 0 * times], axis=-1)
    ground = ground_under(left, left + [0.2, 0.05, 0], fps=30)
    np.testing.assert_allclose(ground, 1.5, atol=1e-6)


def test_recorded_feet_stay_above_the_ground(shared):
    """At a right angle to the shin, 12 % of the toes of these walks would be more than 2 cm under it."""
    under = []
    for clip in load_mocap(shared / "mocap"):
        if clip.split != "val" or clip.action != "walk" or len(clip) < 30:
            continue
        joints = clip.joints.astype(float)
        local, world = local_rotations(joints, fps=clip.fps), {}
        ground = ground_under(*(joints[:, H36M17.index(f"{side}_ankle")] for side in ("left", "right")), fps=clip.fps)
        for index, joint in enumerate(JOINTS):
            world[joint.name] = local[:, index] if joint.parent is None else world[joint.parent] @ local[:, index]
            if joint.name.endswith("Foot"):
                tip = joints[:, H36M17.index(joint.at)] + world[joint.name] @ np.array(TIP)
                under.append(tip[:, 1] - ground)
    under = np.concatenate(under)
    assert len(under) > 1000
    assert (under < -0.02).mean() < 0.01
