"""Pose structure score: does an estimate have the kind of posture that the truth has (Kocabas et al. 2019)?"""

import numpy as np
from scipy.cluster.vq import kmeans2, vq


class PoseClusters:
    """k kinds of posture, found by k-means in true poses."""

    def __init__(self, centres: np.ndarray) -> None:
        """centres: (k, J * 3) flattened poses as `_structure` makes them."""
        self.centres = centres

    @classmethod
    def of(cls, poses: np.ndarray, *, clusters: int = 50, seed: int = 0) -> "PoseClusters":
        """Cluster true poses (N, J, 3), relative to their root. Raises ValueError where N < clusters."""
        if len(poses) < clusters:
            raise ValueError(f"{clusters} clusters need as many poses, got {len(poses)}")
        return cls(kmeans2(_structure(poses), clusters, minit="++", rng=seed)[0])

    def kinds(self, poses: np.ndarray) -> np.ndarray:
        """(...) number of the nearest centre of poses (..., J, 3)."""
        flat = _structure(poses.reshape(-1, *poses.shape[-2:]))
        return vq(flat, self.centres)[0].reshape(poses.shape[:-2])

    def score(self, estimate: np.ndarray, truth: np.ndarray) -> float:
        """PSS, share 0..1 of poses (..., J, 3) whose estimate and truth are of one kind; independent of scale."""
        return float((self.kinds(estimate) == self.kinds(truth)).mean())


def _structure(poses: np.ndarray) -> np.ndarray:
    """Poses (N, J * 3) of unit norm."""
    flat = poses.reshape(len(poses), -1).astype(np.float64)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-12)
