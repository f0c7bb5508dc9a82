"""How a person moves in the picture: a constant-velocity Kalman filter in seconds and body sizes."""

from dataclasses import dataclass

import numpy as np

# Position noise is in body sizes (longer side of the box), so that near and far people are treated alike.
_SEEN_NOISE = np.array([0.03, 0.03, 0.08])
"""Standard deviation of a measured centre x, y (body sizes) and of log size."""
_PUSH = np.array([1.0, 1.0, 0.05])
"""Spectral density of the random acceleration, body sizes^2 / s^3, and of log size's, 1 / s^3."""
_FIRST_SPEED = np.array([1.0, 1.0, 0.2])
"""Standard deviation of an unknown velocity, body sizes / s and 1 / s."""


@dataclass(frozen=True)
class Prediction:
    """Where a person is expected: centre x, y in pixels and log size; `variance` is in pixels^2 and log^2."""

    mean: np.ndarray
    variance: np.ndarray
    velocity: np.ndarray

    @property
    def centre(self) -> np.ndarray:
        return self.mean[:2]

    @property
    def size(self) -> float:
        return float(np.exp(self.mean[2]))

    def distance2(self, centre: np.ndarray, size: float) -> float:
        """Squared Mahalanobis distance of a sight, its own noise included."""
        spread = self.variance + _noise(self.size)
        return float(np.sum(np.square(np.append(centre, np.log(size)) - self.mean) / spread))


class ConstantVelocity:
    """The filter of one track; times are seconds and need not be evenly spaced."""

    def __init__(self, time: float, centre: np.ndarray, size: float) -> None:
        self.time = time
        scale = np.array([size, size, 1.0])
        self._state = np.stack([np.append(centre, np.log(size)), np.zeros(3)], axis=1)
        self._covariance = np.zeros((3, 2, 2))
        self._covariance[:, 0, 0] = _noise(size)
        self._covariance[:, 1, 1] = np.square(_FIRST_SPEED * scale)

    def predict(self, time: float) -> Prediction:
        """What is expected at `time`; the filter itself stays where it is."""
        state, covariance = self._at(time)
        return Prediction(state[:, 0], covariance[:, 0, 0], state[:, 1])

    def update(self, time: float, centre: np.ndarray, size: float) -> None:
        """Take in one sight: centre (2,) and size (longer side of the box), pixels."""
        state, covariance = self._at(time)
        gain = covariance[:, :, 0] / (covariance[:, 0, 0] + _noise(size))[:, None]
        error = np.append(centre, np.log(size)) - state[:, 0]
        self._state = state + gain * error[:, None]
        self._covariance = covariance - gain[:, :, None] * covariance[:, None, 0, :]
        self.time = time

    def _at(self, time: float) -> tuple[np.ndarray, np.ndarray]:
        dt = max(time - self.time, 0.0)
        step = np.array([[1.0, dt], [0.0, 1.0]])
        size = np.exp(self._state[2, 0])
        push = _PUSH * np.array([size**2, size**2, 1.0])
        drift = np.array([[dt**3 / 3.0, dt**2 / 2.0], [dt**2 / 2.0, dt]])
        return self._state @ step.T, step @ self._covariance @ step.T + push[:, None, None] * drift


def _noise(size: float) -> np.ndarray:
    return np.square(_SEEN_NOISE * np.array([size, size, 1.0]))
