import numpy as np
import pytest

from vid2pose3d.lift.unseen import bridged, guessed
from vid2pose3d.lift.windows import stretches
from vid2pose3d.motion import Person2D
from vid2pose3d.skeleton import COCO17, H36M17

STANDING = {  # trunk of 100 pixels, y down
    "pelvis": (0, 300), "thorax": (0, 200), "spine": (0, 250), "neck_nose": (0, 175), "head": (0, 153),
    "left_hip": (20, 300), "right_hip": (-20, 300), "left_knee": (20, 395), "right_knee": (-20, 395),
    "left_ankle": (20, 485), "right_ankle": (-20, 485), "left_shoulder": (30, 200), "right_shoulder": (-30, 200),
    "left_elbow": (30, 255), "right_elbow": (-30, 255), "left_wrist": (30, 305), "right_wrist": (-30, 305),
}
XY = np.array([[STANDING[name] for name in H36M17.joints]] * 3, dtype=float)


@pytest.mark.parametrize("lost", [
    ("left_knee", "right_knee", "left_ankle", "right_ankle"), ("head", "neck_nose"), ("left_wrist",),
    ("right_elbow", "right_wrist"), ("pelvis", "spine", "left_knee", "right_ankle"),
    ("thorax", "left_shoulder", "spine"), ("thorax", "spine", "neck_nose"),
])
def test_a_standing_person_is_completed(lost):
    xy, confidence = XY.copy(), np.ones((3, 17))
    places = H36M17.indices(lost)
    xy[:, places], confidence[:, places] = np.nan, 0
    found, scores = guessed(xy, confidence)
    np.testing.assert_allclose(found, XY, atol=1e-9)
    assert (scores[:, places] == 0.1).all()
    assert (np.delete(scores, places, axis=1) == 1).all()


def test_one_side_gives_the_trunk_away():
    xy = XY.copy()
    lost = H36M17.indices(("pelvis", "spine", "right_hip", "right_knee", "right_ankle"))
    xy[:, lost] = np.nan
    found, _ = guessed(xy, np.ones((3, 17)))
    # Hips are narrower than shoulders, so that the line between them leans by 10 pixels of the trunk's 100.
    assert np.abs(found - XY).max() <= 40
    np.testing.assert_allclose(found[:, 0], [(-10, 300)] * 3)


def test_hidden_legs_hang_below_a_pelvis_that_the_head_gives_away():
    xy = XY.copy()
    xy[:, H36M17.indices(("pelvis", "left_hip", "right_hip", "left_knee", "left_ankle"))] = np.nan
    found, _ = guessed(xy, np.ones((3, 17)))
    np.testing.assert_allclose(found[0, H36M17.indices(("pelvis", "left_hip", "left_knee"))],
                               [(0, 300), (0, 300), (0, 395)], atol=1e-9)


def test_nothing_is_guessed_without_a_trunk():
    xy = XY.copy()
    lost = ("thorax", "head", "pelvis", "left_hip", "right_shoulder", "left_knee")
    xy[:, H36M17.indices(lost)] = np.nan
    found, scores = guessed(xy, np.ones((3, 17)))
    np.testing.assert_array_equal(found, xy)
    assert (scores == 1).all()


def test_gaps_are_filled_in_time_and_the_input_stays_as_it_was():
    times = np.array([0.0, 0.1, 0.4, 0.5])
    xy, confidence = np.zeros((4, 2, 2)), np.full((4, 2), 0.8)
    xy[:, 0, 0] = [1, np.nan, np.nan, 6]
    xy[:, 1] = np.nan
    confidence[1:3, 0] = 0
    found, scores = bridged(times, xy, confidence)
    np.testing.assert_allclose(found[:, 0, 0], [1, 2, 5, 6])
    np.testing.assert_allclose(scores[:, 0], [0.8, 0.24, 0.24, 0.8])
    assert np.isnan(found[:, 1]).all()
    assert np.isnan(xy[1, 0, 0])


def test_only_human36m_joints_are_guessed():
    person = Person2D(1, COCO17, np.arange(3), np.arange(3) / 30, XY.copy(), np.ones((3, 17)), np.zeros((3, 4)),
                      np.zeros(3, dtype=bool))
    person.xy[:, 15] = np.nan
    (part,) = stretches(person, 30.0)
    assert np.isnan(part.xy[:, 15]).all()
    assert (part.confidence[:, 15] == 0).all()
