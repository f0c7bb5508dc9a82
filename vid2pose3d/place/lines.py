"""The vertical from the background: edges of what people build are upright, or level in two directions."""

import numpy as np
from scipy.special import logsumexp

from vid2pose3d.camera import ASSUMED_FOCAL_ERROR
from vid2pose3d.motion import Camera, Lines
from vid2pose3d.vectors import unit

_UPRIGHT, _LEVEL, _OTHER = 0.25, 0.15, 0.45
"""Shares of lines that are vertical, level in either of two directions at right angles, and anything else."""
_WILD = 0.5
"""Probability that no line is but by chance: nobody built what is seen."""
_BUILT = np.radians(0.6)
"""Radians by which upright and level things are not, and lenses bend lines."""
_SMOOTH = np.radians(10.0)
"""Width in the picture over which the directions of other lines are taken for equally frequent."""
_ANY = 0.3
"""Share of the other lines that have any direction at all."""
_STEP = 0.025
"""Of the slopes that are tried, to which `_ROLLS` and `_PITCHES` are the limits."""
_ROLLS, _PITCHES = 0.2, 0.3
_TURNS = np.radians(np.arange(0.0, 180.0, 3.0))
_FOCALS = 0.15 * np.arange(-3, 4)
"""Logarithms of the focal length over the assumed one that are tried."""


def slope_with_lines(slope: np.ndarray, information: np.ndarray, lines: Lines, camera: Camera) -> np.ndarray:
    """The mean slope (2,) of the vertical (a, -1, b), given what people say of it and the lines behind them.

    slope: (2,) and information: (2, 2), its inverse covariance, as from people. Each line is vertical, level along one
    of two directions at right angles (Coughlan & Yuille, "Manhattan world", ICCV 1999), or any other, for which the
    smoothed directions of all stand. So lines that merely run alike in the picture say nothing; those do that meet
    where the vertical or a level direction vanishes, if enough of them do to be no chance. The directions' turn may be
    any, and so may the focal length, about the assumed one, where it is not known.
    """
    if len(lines.ends) < 2:
        return slope
    ends = (lines.ends - camera.intrinsics[:2, 2]) / camera.intrinsics[[0, 1], [0, 1]]
    tried = slope + _grid()
    spread = ASSUMED_FOCAL_ERROR if camera.assumed else camera.focal_error
    focals = np.zeros(1) if spread is None else _FOCALS
    others = _frequency(ends, lines.weight)
    expected = np.zeros(1) if spread is None else -((focals / spread) ** 2) / 2
    found = np.stack([_likelihood(ends * np.exp(-focal), lines, others, tried) for focal in focals], axis=1)
    built = logsumexp(found + expected, axis=1) - logsumexp(expected)
    off = tried - slope
    score = np.logaddexp(np.log(_WILD), np.log(1 - _WILD) + built)
    score = score - np.einsum("si,ij,sj->s", off, information, off) / 2
    share = np.exp(score - score.max())
    return np.asarray(share @ tried / share.sum())


def _grid() -> np.ndarray:
    """(S, 2) differences of slope."""
    axes = (np.arange(-round(limit / _STEP), round(limit / _STEP) + 1) * _STEP for limit in (_ROLLS, _PITCHES))
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)


def _likelihood(ends: np.ndarray, lines: Lines, others: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """(S,) logarithm, for slopes (S, 2), over that if all were other lines. ends: (M, 2, 2) at z = 1."""
    up = unit(np.column_stack([slopes[:, 0], -np.ones(len(slopes)), slopes[:, 1]]))
    right = unit(np.cross(up, [0.0, 0.0, 1.0]))
    away = np.cross(up, right)
    level = np.cos(_TURNS)[:, None, None] * right + np.sin(_TURNS)[:, None, None] * away
    error = np.sqrt(lines.error**2 + _BUILT**2 + (_STEP / 3) ** 2)
    vertical = _density(ends, error, up) / others[:, None]
    along = _density(ends, error, level) / others[:, None, None]
    half = len(_TURNS) // 2
    mixed = _OTHER + _UPRIGHT * vertical[:, None] + _LEVEL * (along[:, :half] + along[:, half:])
    total: np.ndarray = np.einsum("m,mts->ts", lines.weight, np.log(mixed))
    return np.asarray(logsumexp(total, axis=0) - np.log(half))


def _density(ends: np.ndarray, error: np.ndarray, towards: np.ndarray) -> np.ndarray:
    """(M, ...) of lines (M, 2, 2) that run towards where directions (..., 3) vanish, times pi: 1 if any were alike."""
    middle, (x, y) = ends.mean(axis=1).astype(np.float32), (ends[:, 1] - ends[:, 0]).T.astype(np.float32)
    flat = towards.reshape(-1, 3).astype(np.float32)
    right, down = (flat[:, axis] - middle[:, axis, None] * flat[:, 2] for axis in range(2))
    across = (x[:, None] * down - y[:, None] * right) ** 2
    along = (x[:, None] * right + y[:, None] * down) ** 2
    sharp = (1 / (2 * error**2)).astype(np.float32)[:, None]
    density = np.exp(-sharp * across / (across + along + 1e-12)) * (np.sqrt(np.pi / 2) / error)[:, None]
    return density.reshape(len(ends), *towards.shape[:-1]).astype(np.float32)


def _frequency(ends: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(M,) how frequent the direction of each line (M, 2, 2) is among the others', over that if any were alike."""
    angle = np.arctan2(*(ends[:, 1] - ends[:, 0]).T[::-1])
    apart = (angle[:, None] - angle + np.pi / 2) % np.pi - np.pi / 2
    near = np.exp(-((apart / _SMOOTH) ** 2) / 2) * np.sqrt(np.pi / 2) / _SMOOTH
    np.fill_diagonal(near, 0.0)
    return np.asarray(_ANY + (1 - _ANY) * near @ weight / np.maximum(weight.sum() - weight, 1e-9))
