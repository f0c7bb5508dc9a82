"""How a lifter errs: a Gaussian of the errors, given the 2D and the estimate of a frame (D3PRefiner, Eq. 5 and 6)."""

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter


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
    def fit(cls, context: np.ndarray, error: np.ndarray, *, ridge: float) -> "ErrorModel":
        """The model of N >= 2 samples of context (N, C) and error (N, E).

        ridge: added to the diagonal of the context's covariance. Raises ValueError where it is left singular.
        """
        if len(context) < 2 or len(context) != len(error):
            raise ValueError(f"{len(context)} contexts and {len(error)} errors; it takes two samples at least")
        context_mean, error_mean = context.mean(axis=0), error.mean(axis=0)
        c, e = context - context_mean, error - error_mean
        scale = 1 / (len(c) - 1)
        s_cc, s_ce, s_ee = scale * c.T @ c + ridge * np.eye(c.shape[1]), scale * c.T @ e, scale * e.T @ e
        try:
            gain = np.linalg.solve(s_cc, s_ce).T
        except np.linalg.LinAlgError as problem:
            raise ValueError("the context's covariance is singular; give a ridge") from problem
        return cls(context_mean, error_mean, np.sqrt(s_ee.diagonal()), gain, _factor(s_ee - gain @ s_ce))

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


def _factor(covariance: np.ndarray) -> np.ndarray:
    """Lower triangular factor, of the nearest covariance where rounding made an eigenvalue negative."""
    covariance = (covariance + covariance.T) / 2
    try:
        return np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(covariance)
        _, upper = np.linalg.qr((vectors * np.sqrt(values.clip(min=0))).T)
        return (upper * np.where(upper.diagonal() < 0, -1.0, 1.0)[:, None]).T
