import numpy as np
import pytest

from vid2pose3d.refine.error_model import ErrorModel, correlated, frame_correlation


@pytest.fixture
def samples():
    """Errors that follow the context linearly, with what is left of them correlated."""
    rng = np.random.default_rng(0)
    context = rng.normal(2, 1.5, (20000, 4))
    slope, spread = rng.normal(size=(3, 4)), np.tril(rng.normal(size=(3, 3)))
    return context, 0.7 + context @ slope.T + rng.normal(size=(20000, 3)) @ spread.T, slope, spread @ spread.T


def test_what_the_samples_were_made_of_is_found(samples):
    context, error, slope, covariance = samples
    model = ErrorModel.fit(context, error, ridge=0.0)
    np.testing.assert_allclose(model.gain, slope, atol=0.03)
    np.testing.assert_allclose(model.covariance, covariance, atol=0.1)
    np.testing.assert_allclose(model.error_deviation, error.std(axis=0, ddof=1))
    np.testing.assert_allclose(model.mean(context).mean(axis=0), error.mean(axis=0))


def test_it_is_gaussian_conditioning_in_its_other_form(samples):
    """By the precision of context and error together (Bishop, Pattern Recognition, Eq. 2.73 and 2.75)."""
    context, error, *_ = samples
    model = ErrorModel.fit(context, error, ridge=0.0)
    precision = np.linalg.inv(np.cov(np.concatenate([context, error], axis=1).T))
    within, across = precision[4:, 4:], precision[4:, :4]
    np.testing.assert_allclose(model.covariance, np.linalg.inv(within), rtol=1e-9)
    np.testing.assert_allclose(model.gain, -np.linalg.solve(within, across), rtol=1e-9, atol=1e-12)


def test_samples_have_the_fitted_distribution_and_are_whitened_back(samples):
    context, error, *_ = samples
    model = ErrorModel.fit(context, error, ridge=1e-6)
    z = np.random.default_rng(1).standard_normal((50000, 3))
    drawn = model.sample(context[0], z)
    np.testing.assert_allclose(np.cov(drawn.T), model.covariance, atol=0.1)
    np.testing.assert_allclose(model.whiten(context[0], drawn), z, atol=1e-9)


def test_errors_that_the_context_gives_away_leave_no_spread():
    """Also where rounding would make a variance negative."""
    rng = np.random.default_rng(0)
    context = rng.normal(size=(50, 4)) * 1e3
    error = context @ rng.normal(size=(4, 6))
    model = ErrorModel.fit(context, error, ridge=0.0)
    assert np.isfinite(model.factor).all()
    assert (np.triu(model.factor, 1) == 0).all()
    np.testing.assert_allclose(model.sample(context, rng.standard_normal((50, 6))), error, atol=1e-2)


def test_a_robust_fit_is_not_moved_by_a_few_that_err_far():
    """A tenth of the samples err by 5 in one direction; the spread is the least squares', which they do move."""
    rng = np.random.default_rng(0)
    context = rng.normal(size=(4000, 3))
    error = context @ np.array([[0.5, 0.0], [0.0, -0.3], [0.2, 0.1]]) + rng.normal(0, 0.1, (4000, 2))
    error[::10] += [5.0, 0.0]
    plain, robust = (ErrorModel.fit(context, error, ridge=0.0, robust=robust) for robust in (False, True))
    np.testing.assert_allclose(plain.error_mean[0], 0.5, atol=0.05)
    np.testing.assert_allclose(robust.mean(np.zeros(3)), 0.0, atol=0.05)
    np.testing.assert_allclose(robust.gain, [[0.5, 0.0, 0.2], [0.0, -0.3, 0.1]], atol=0.02)
    np.testing.assert_array_equal(robust.covariance, plain.covariance)


def test_a_robust_fit_of_nothing_but_errors_is_their_geometric_median():
    """The point of the least sum of distances, in a triangle: all its sides are seen at 120 degrees from there."""
    corners = np.array([[0.0, 0.0], [4.0, 0.0], [1.0, 3.0]])
    away = corners - ErrorModel.fit(np.zeros((3, 1)), corners, ridge=1.0, robust=True).mean(np.zeros(1))
    away /= np.linalg.norm(away, axis=1)[:, None]
    np.testing.assert_allclose(away @ away.T, 1.5 * np.eye(3) - 0.5, atol=0.1)


def test_too_few_or_constant_samples_are_refused():
    with pytest.raises(ValueError, match="two samples"):
        ErrorModel.fit(np.zeros((1, 2)), np.zeros((1, 2)), ridge=0.0)
    with pytest.raises(ValueError, match="ridge"):
        ErrorModel.fit(np.zeros((9, 2)), np.zeros((9, 2)), ridge=0.0)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.95, 1.0])
def test_correlated_noise(share):
    """Every frame keeps unit variance, and frames at a distance d correlate by share ** d."""
    noise = correlated(np.random.default_rng(0).standard_normal((40000, 5, 1)), share)[..., 0]
    np.testing.assert_allclose(noise.std(axis=0), 1, atol=0.02)
    apart = share ** np.abs(np.arange(5)[:, None] - np.arange(5))
    np.testing.assert_allclose(np.corrcoef(noise.T), apart, atol=0.02)
    assert frame_correlation(noise[..., None]) == pytest.approx(share, abs=0.02)


def test_one_frame_has_no_neighbour():
    assert correlated(np.ones((2, 1, 3)), 0.5).shape == (2, 1, 3)
