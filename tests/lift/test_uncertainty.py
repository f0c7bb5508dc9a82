import numpy as np
import pytest

from vid2pose3d.lift.uncertainty import FEATURES, features, radius
from vid2pose3d.skeleton import H36M17
from vid2pose3d.weights import Calibration

NAMES = H36M17.joints[1:]


def windows(trunk):
    """Two windows of three frames of somebody whose thorax is `trunk` from the pelvis, camera frame."""
    poses = np.zeros((2, 3, 17, 3))
    poses[..., H36M17.index("thorax"), :] = trunk
    apart = np.full((2, 3, 17), 0.015)
    apart[..., 0] = 0.0
    apart[1, 2, 5] = 0.015 + 48 * 0.02
    return poses, np.full((2, 3, 17), 0.9), apart


@pytest.mark.parametrize(("trunk", "upright"), [((0, -0.5, 0), 1), ((0, 0.4, 0), -1), ((0.3, 0, 0.4), 0),
                                                ((0, -0.3, 0.4), 0.6), ((0, 0, 0), 0)])
def test_features_against_hand_computed_ones(trunk, upright):
    told = dict(zip(FEATURES, np.moveaxis(features(*windows(trunk)), -1, 0), strict=True))
    np.testing.assert_allclose(told["upright"], np.full((2, 3, 17), upright), atol=1e-12)
    np.testing.assert_allclose(told["confidence"], np.full((2, 3, 17), 0.9))
    np.testing.assert_allclose(told["apart"][0, :, 1:], np.log(0.02))
    np.testing.assert_allclose(told["apart"][1, 2, 5], np.log(0.02 + 0.96))
    np.testing.assert_allclose(told["window_apart"][0], np.log(0.02))  # the pelvis does not count
    np.testing.assert_allclose(told["window_apart"][1], np.log(0.015 + 0.02 + 0.005))


def test_the_radius_is_the_exponential_of_the_offset_and_the_weighted_features():
    offsets = dict.fromkeys(NAMES, np.log(0.1)) | {"left_wrist": np.log(0.2)}
    slopes = {"confidence": -1.0, "apart": 0.5, "upright": 0.0, "window_apart": 0.0}
    told = np.zeros((1, 1, 17, 4))
    told[..., FEATURES.index("apart")] = np.log(0.04)
    told[..., FEATURES.index("confidence")] = np.log(2)
    expected = np.full(17, 0.1 * 0.2 / 2)
    expected[0], expected[H36M17.index("left_wrist")] = 0, 0.2 * 0.2 / 2
    np.testing.assert_allclose(radius(told, Calibration(0.8, offsets, slopes))[0, 0], expected)
