"""The standard normal noise of a track: windows that share a frame share its noise, so that they agree."""

from functools import lru_cache

import numpy as np

_BLOCK = 64
_KEPT = 16


class NoiseField:
    """Noise of every grid frame, drawn by blocks: it depends on the seed and the frame only."""

    def __init__(self, seed: int, *, iterations: int, hypotheses: int, joints: int) -> None:
        shape = (_BLOCK, iterations, hypotheses, joints, 3)

        @lru_cache(maxsize=_KEPT)
        def block(number: int) -> np.ndarray:
            return np.random.default_rng([seed, number]).standard_normal(shape, dtype=np.float32)

        self._block = block

    def __call__(self, index: np.ndarray) -> np.ndarray:
        """index: (W, F) grid frames; returns (K, W, H, F, J, 3), what each iteration adds, the start's first."""
        frames = np.stack([self._block(i // _BLOCK)[i % _BLOCK] for i in index.ravel().tolist()])
        return frames.reshape(*index.shape, *frames.shape[1:]).transpose(2, 0, 3, 1, 4, 5)
