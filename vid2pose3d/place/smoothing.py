"""Zero-phase smoothing of time-stamped signals: Whittaker's penalised least squares with a cut-off in hertz."""

import numpy as np
from scipy import sparse
from scipy.ndimage import maximum_filter1d
from scipy.sparse.linalg import splu

HOLE = 1.0
"""Seconds without a frame across which nothing is smoothed."""

_CUTOFF_PER_SPEED = 1.0
"""Hertz more for each metre per second: fast motion has the bandwidth, slow motion shows the jitter."""
_MAX_CUTOFF = 10.0
_TURNING = 0.1
"""Seconds around fast motion that count as fast: at its peak a kick stands still."""
_SPEED_CUTOFF = 3.0
"""Hertz of the pass that measures speed; lower than the result's, or jitter would pass for motion."""
_SPIKE = 0.15
"""Metres off the smooth path at which a sample loses half its weight."""
_SHORTEST_STEP = 1e-3


def steps(times: np.ndarray) -> np.ndarray:
    """(N - 1,) seconds from frame to frame, at least a millisecond."""
    return np.maximum(np.diff(times), _SHORTEST_STEP)


def spans(times: np.ndarray) -> np.ndarray:
    """(N,) seconds of the clip that each frame stands for: the mean of the steps beside it, holes left out."""
    step = steps(times)
    step = np.where(step > HOLE, np.nan, step)
    beside = np.stack([np.append(np.nan, step), np.append(step, np.nan)])
    known = np.isfinite(beside)
    total = np.where(known, beside, 0.0).sum(axis=0)
    usual = float(np.nanmedian(step)) if np.isfinite(step).any() else 1.0
    return np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), usual)


def roughness(times: np.ndarray, cutoff: np.ndarray) -> sparse.csc_matrix:
    """Matrix P (N, N) with x' P x = sum over time of (2 pi cutoff)^-4 |x''|^2, for uneven times in seconds.

    cutoff: (N,) hertz. Second derivatives that would reach across a hole are left out, so that the parts on its two
    sides do not know of each other. With unit weights, `spans` + P damps the frequency `cutoff` to half.
    """
    count = len(times)
    if count < 3:
        return sparse.csc_matrix((count, count))
    step = steps(times)
    before, after = step[:-1], step[1:]
    width = (before + after) / 2
    rows = [1 / (before * width), -(1 / before + 1 / after) / width, 1 / (after * width)]
    second = sparse.diags_array(rows, offsets=[0, 1, 2], shape=(count - 2, count))
    weight = width * (2 * np.pi * cutoff[1:-1]) ** -4.0
    weight[(before > HOLE) | (after > HOLE)] = 0.0
    return sparse.csc_matrix(second.T @ sparse.diags_array(weight) @ second)


def smooth(values: np.ndarray, times: np.ndarray, *, weights: np.ndarray, cutoff: np.ndarray) -> np.ndarray:
    """Smoothed values (N, D). weights: (N,) > 0, 1 for a good sample; cutoff: (N,) hertz."""
    if len(times) < 3:
        return values.copy()
    data = weights * spans(times)
    system = sparse.csc_matrix(sparse.diags_array(data) + roughness(times, cutoff))
    return splu(system).solve(data[:, None] * values)


def window(seconds: float, times: np.ndarray) -> int:
    """Odd number of frames of a window that reaches so far to both sides."""
    return 2 * int(round(seconds / float(np.median(spans(times))))) + 1


def smooth_pose(joints: np.ndarray, times: np.ndarray, weights: np.ndarray, *, cutoff: float) -> np.ndarray:
    """Root-relative joints (N, J, 3) metres without jitter and spikes; weights (N, J) > 0; cutoff: hertz, at rest.

    As in the One-Euro filter (Casiez et al., CHI 2012) each joint's cut-off rises with its speed, here the highest
    around the moment, so that kicks keep their peaks; unlike it, this looks both ways in time and has no lag.
    """
    out = np.empty_like(joints)
    for j in range(joints.shape[1]):
        path, weight = joints[:, j], weights[:, j]
        slow = smooth(path, times, weights=weight, cutoff=np.full(len(times), _SPEED_CUTOFF))
        weight = weight / (1 + (np.linalg.norm(path - slow, axis=-1) / _SPIKE) ** 2)
        slow = smooth(path, times, weights=weight, cutoff=np.full(len(times), _SPEED_CUTOFF))
        fastest = maximum_filter1d(speed(slow, times), window(_TURNING, times), mode="nearest")
        own = np.minimum(cutoff + _CUTOFF_PER_SPEED * fastest, max(cutoff, _MAX_CUTOFF))
        out[:, j] = smooth(path, times, weights=weight, cutoff=own)
    return out


def speed(path: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(N,) units per second of a path (N, D)."""
    if len(times) < 2:
        return np.zeros(len(times))
    clock = np.concatenate([[0.0], np.cumsum(steps(times))])
    return np.linalg.norm(np.gradient(path, clock, axis=0), axis=-1)
