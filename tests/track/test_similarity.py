"""Object keypoint similarity and box overlap against values worked out by hand."""

import numpy as np
import pytest

from vid2pose3d.skeleton import BLAZEPOSE33, COCO17, H36M17
from vid2pose3d.track.similarity import box_overlap, oks, person_area, seen, sigmas

COCO_SIGMAS = [26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89]


def test_sigmas_are_those_of_coco():
    np.testing.assert_allclose(sigmas(COCO17), np.array(COCO_SIGMAS) / 1000.0)


@pytest.mark.parametrize("joint_set", [BLAZEPOSE33, H36M17], ids=lambda joints: joints.name)
def test_other_sets_have_the_same_sigmas_for_the_same_joints(joint_set):
    for joint in ("left_knee", "right_wrist", "left_hip"):
        assert sigmas(joint_set)[joint_set.index(joint)] == sigmas(COCO17)[COCO17.index(joint)]


def test_oks_follows_its_definition():
    a = np.zeros((4, 2))
    b = np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 10.0], [500.0, 0.0]])
    sigma = np.array([0.1, 0.05, 0.1, 0.1])
    shared = np.array([True, True, True, False])
    value = oks(a, b, area=np.array(100.0), sigma=sigma, shared=shared)
    assert value == pytest.approx(
        (1.0 + np.exp(-25 / (2 * 100 * 0.01)) + np.exp(-100 / (2 * 100 * 0.04))) / 3.0
    )


def test_oks_of_too_few_joints_is_unknown():
    assert np.isnan(
        oks(
            np.zeros((3, 2)),
            np.zeros((3, 2)),
            area=np.array(1.0),
            sigma=np.ones(3),
            shared=np.array([True, True, False]),
        )
    )


def test_box_overlap():
    others = np.array([[2, 2, 6, 6], [1, 1, 2, 2], [5, 5, 6, 6], [3, 3, 3, 3]])
    union, smaller = box_overlap(np.array([0, 0, 4, 4]), others)
    np.testing.assert_allclose(union, [4 / 28, 1 / 16, 0.0, 0.0])
    np.testing.assert_allclose(smaller, [4 / 16, 1.0, 0.0, 0.0])


def test_a_thin_box_counts_as_a_body_of_some_width():
    assert person_area(np.array([0.0, 0.0, 1.0, 100.0])) == pytest.approx(0.53 * 30 * 100)
    assert person_area(np.array([0.0, 0.0, 50.0, 100.0])) == pytest.approx(0.53 * 50 * 100)


def test_missing_and_poor_joints_are_not_compared():
    xy = np.array([[1.0, 2.0], [np.nan, np.nan], [3.0, 4.0]])
    np.testing.assert_array_equal(seen(xy, np.array([0.9, 0.9, 0.1])), [True, False, False])
