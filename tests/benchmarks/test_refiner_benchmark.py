"""The smoothing that refiners are compared with: closed forms, and the choice of its setting."""

from functools import partial

import numpy as np
import pytest
import refiner as benchmark

from vid2pose3d.refine.error_model import ErrorModel
from vid2pose3d.refine.scale import Scale
from vid2pose3d.train.pairs import Pairs


def pairs(truth, estimate):
    return Pairs(np.zeros((*truth.shape[:3], 6), np.float32), estimate.astype(np.float32), truth.astype(np.float32))


@pytest.fixture
def still():
    """Poses at rest, estimated with white noise."""
    rng = np.random.default_rng(0)
    truth = np.repeat(rng.normal(0, 0.3, (30, 1, 17, 3)), 15, axis=1)
    return pairs(truth, truth + rng.normal(0, 0.03, truth.shape))


def test_one_euro_without_slope_is_a_first_order_filter():
    """A step through a cut-off of 2 Hz at 15 frames a second, by the recursion's closed form."""
    step = np.zeros((1, 6, 1, 1))
    step[:, 1:] = 1.0
    share = 1 / (1 + 15 / (2 * np.pi * 2.0))
    found = benchmark.one_euro(step, fps=15.0, least=2.0, beta=0.0)[0, :, 0, 0]
    np.testing.assert_allclose(found, 1 - (1 - share) ** np.arange(6))


def test_one_euro_follows_fast_motion_more_closely():
    ramp = np.arange(12.0).reshape(1, 12, 1, 1)
    lags = [(ramp - benchmark.one_euro(ramp, fps=15.0, least=1.0, beta=beta))[0, -1, 0, 0] for beta in (0, 1, 10)]
    assert lags[0] > lags[1] > lags[2] > 0


def test_of_people_at_rest_the_strongest_smoothing_is_chosen(still):
    name, improve = benchmark.chosen(benchmark.savitzky_golays(15), still)
    assert name == "15 frames, degree 1"
    left = np.abs(improve(still) - still.truth).mean() / np.abs(still.estimate - still.truth).mean()
    assert left < 0.5
    name, _ = benchmark.chosen(benchmark.one_euros(15.0), still)
    assert name.endswith("beta 0")


def test_the_expected_error_is_taken_off_before_smoothing(still):
    """An error model whose errors are all the same, and a filter that shows what it was given."""
    errors = ErrorModel(np.zeros(82), np.full(48, 0.1), np.ones(48), np.zeros((48, 82)), np.eye(48))
    expected = partial(benchmark.less_expected, Scale(errors, "expected", "frame"))
    taken = benchmark.in_turn(expected, lambda pairs: 2 * pairs.estimate)(still)
    np.testing.assert_allclose(taken[..., 1:, :], 2 * (still.estimate[..., 1:, :] - 0.1), atol=1e-6)
    np.testing.assert_allclose(taken[..., 0, :], 2 * still.estimate[..., 0, :], atol=1e-6)
