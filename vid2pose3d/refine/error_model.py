"""How a lifter errs: a Gaussian of the errors, given the 2D and the estimate of a frame (D3PRefiner, Eq. 5 and 6)."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.signal import lfilter

_ROUNDS = 4
_NEAREST = 0.1
"""Of the mean distance: nearer samples weigh no more."""


@dataclass(frozen=True)
class ErrorModel:
    """The conditional distribution of errors e = estimate - truth (E numbers) given a context c (C numbers)."""

    context_mean: np.ndarray
    """(C,)."""
    error_mean: np.ndarray
    """(E,)."""
    error_deviation: np.ndarray
    """(E,) standard deviation of the errors themselves."""
    gain: np.ndarray
    """(E, C) how the expected error follows the context: S_ec S_cc^-1."""
    factor: np.ndarray
    """(E, E) lower triangular; its square is the conditional covariance."""

    @classmethod
    def fit(cls, context: np.ndarray, error: np.ndarray, *, ridge: float, robust: bool = False) -> "ErrorModel":
        """The model of N >= 2 samples of context (N, C) and error (N, E).

        ridge: added to the diagonal of the context's covariance. robust: the expected error has the least mean
        distance from the errors, not the least mean square of it (iteratively reweighted least squares); the spread
        stays as it is. Raises ValueError where the covariance is left singular.
        """
        if len(context) < 2 or len(context) != len(error):
            raise ValueError(f"{len(context)} contexts and {len(error)} errors; it takes two samples at least")
        plain = model = _fitted(context, error, np.ones(len(error)), ridge)
        for _ in range(_ROUNDS if robust else 0):
            distance = np.linalg.norm(error - model.mean(context), axis=1)
            weights = 1 / distance.clip(min=_NEAREST * distance.mean())
            model = _fitted(context, error, weights / weights.mean(), ridge)
        return replace(model, error_deviation=plain.error_deviation, factor=plain.factor)

    @property
    def covariance(self) -> np.ndarray:
        """(E, E) of the errors given the context, the same for every context."""
        return self.factor @ self.factor.T

    @property
    def deviation_left(self) -> np.ndarray:
        """(E,) standard deviation of the errors given the context."""
        return np.sqrt((self.factor ** 2).sum(axis=1))

    def mean(self, context: np.ndarray) -> np.ndarray:
        """Expected errors (..., E) of contexts (..., C)."""
        return self.error_mean + (context - self.context_mean) @ self.gain.T

    def sample(self, context: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Errors (..., E) drawn for contexts (..., C) by standard normal z (..., E)."""
        return self.mean(context) + z @ self.factor.T

    def whiten(self, context: np.ndarray, error: np.ndarray) -> np.ndarray:
        """The z (..., E) by which `sample` gives the errors (..., E), as near as a singular covariance allows."""
        return (error - self.mean(context)) @ np.linalg.pinv(self.factor).T


def correlated(z: np.ndarray, share: float) -> np.ndarray:
    """Standard normal noise (..., F, E) whose neighbouring frames correlate by `share`, of independent z (..., F, E).

    A first-order autoregression: 0 leaves the frames independent, 1 gives all of them the first one's.
    """
    start = z[..., :1, :]
    rest, _ = lfilter([(1 - share ** 2) ** 0.5], [1.0, -share], z[..., 1:, :], axis=-2, zi=share * start)
    return np.concatenate([start, rest], axis=-2)


def frame_correlation(z: np.ndarray) -> float:
    """Correlation, 0..1, of neighbouring frames of zero-mean z (..., F, E), F >= 2, over all numbers together."""
    together = (z[..., 1:, :] * z[..., :-1, :]).sum()
    apart = np.sqrt((z[..., 1:, :] ** 2).sum() * (z[..., :-1, :] ** 2).sum())
    return float(np.clip(together / max(apart, 1e-12), 0, 1))


def _fitted(context: np.ndarray, error: np.ndarray, weights: np.ndarray, ridge: float) -> ErrorModel:
    """Gaussian conditioning (Eq. 5 and 6) of samples with weights (N,), 1 on average."""
    context_mean, error_mean = (np.average(values, axis=0, weights=weights) for values in (context, error))
    c, e = context - context_mean, error - error_mean
    w = weights[:, None] / (len(c) - 1)
    s_cc, s_ce, s_ee = (c * w).T @ c + ridge * np.eye(c.shape[1]), (c * w).T @ e, (e * w).T @ e
    try:
        gain = np.linalg.solve(s_cc, s_ce).T
    except np.linalg.LinAlgError as problem:
        raise ValueError("the context's covariance is singular; give a ridge") from problem
    return ErrorModel(context_mean, error_mean, np.sqrt(s_ee.diagonal()), gain, _factor(s_ee - gain @ s_ce))


def _factor(covariance: np.ndarray) -> np.ndarray:
    """Lower triangular factor, of the nearest covariance where rounding made an eigenvalue negative."""
    covariance = (covariance + covariance.T) / 2
    try:
        return np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(covariance)
        _, upper = np.linalg.qr((vectors * np.sqrt(values.clip(min=0))).T)
        return (upper * np.where(upper.diagonal() < 0, -1.0, 1.0)[:, None]).T
