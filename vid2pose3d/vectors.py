"""Directions."""

import numpy as np

_NOWHERE = 1e-9


def unit(vectors: np.ndarray) -> np.ndarray:
    """Unit vectors (..., D); zero stays zero."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), _NOWHERE)
