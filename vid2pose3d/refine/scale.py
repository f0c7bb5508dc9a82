"""What a refiner's network estimates an error from, and in which unit."""

from dataclasses import dataclass

import numpy as np

from vid2pose3d.models.config import Centre, Context
from vid2pose3d.refine.error_model import ErrorModel
from vid2pose3d.refine.vectors import contexts, unflat

_LEAST = 1e-6
"""Metres; of a coordinate that never errs."""


@dataclass(frozen=True)
class Scale:
    """An error is its centre plus its deviation times what the network says."""

    errors: ErrorModel
    centre: Centre
    context: Context

    @property
    def deviation(self) -> np.ndarray:
        """(17, 3) metres; the pelvis does not err."""
        spread = self.errors.deviation_left if self.centre == "expected" else self.errors.error_deviation
        return unflat(spread.clip(min=_LEAST))

    def middle(self, x2d: np.ndarray, estimate: np.ndarray) -> np.ndarray:
        """(..., 17, 3) metres, for 2D (..., 17, C) and estimated poses (..., 17, 3) relative to the pelvis."""
        if self.centre == "expected":
            return unflat(self.errors.mean(contexts(x2d, estimate, self.context)))
        return np.broadcast_to(unflat(self.errors.error_mean), estimate.shape)
