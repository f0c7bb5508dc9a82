"""What a person wears: colour histograms of the torso and the legs, sampled along the skeleton."""

import cv2
import numpy as np

from vid2pose3d.skeleton import JointSet
from vid2pose3d.track.similarity import VISIBLE

BINS = (4, 6, 6)
"""Histogram cells along lightness, a and b of CIE Lab."""
CELLS = int(np.prod(BINS))
_RANGE = np.array([[0.0, 100.0], [-50.0, 50.0], [-50.0, 50.0]])
_GRID = np.linspace(0.1, 0.9, 9)
_LEG_WIDTH = np.linspace(-0.08, 0.08, 3)
"""Sideways offsets of leg samples, in lengths of the sampled segment."""

_DOWN, _ACROSS = (part.ravel() for part in np.meshgrid(_GRID, _GRID, indexing="ij"))
_TORSO = np.stack(
    [(1 - _DOWN) * (1 - _ACROSS), (1 - _DOWN) * _ACROSS, _DOWN * (1 - _ACROSS), _DOWN * _ACROSS], 1
)
"""(81, 4) weights of the torso's corners in its samples."""
_FORTH, _ASIDE = (part.reshape(-1, 1) for part in np.meshgrid(_GRID, _LEG_WIDTH, indexing="ij"))
_CORNERS = np.array(list(np.ndindex(2, 2, 2)))


def describe(
    image: np.ndarray, xy: np.ndarray, confidence: np.ndarray, joint_set: JointSet
) -> np.ndarray | None:
    """Histograms of torso and legs; None where the torso is not seen.

    image: (H, W, 3) uint8 RGB; xy: (J, 2) pixels; confidence: (J,). Returns (2, 144) uint8, each row
    scaled so that it sums to about 255; the row of unseen legs is zero.
    """
    torso = _torso_points(xy, confidence, joint_set)
    if torso is None:
        return None
    rows = [_histogram(image, torso), _histogram(image, _leg_points(xy, confidence, joint_set))]
    if not rows[0].any():
        return None
    return np.round(255.0 * np.stack(rows)).astype(np.uint8)


def roots(look: np.ndarray) -> np.ndarray:
    """Square roots of descriptions (..., 2, 144), each row scaled to sum to 1; unseen regions stay zero."""
    total = look.sum(axis=-1, keepdims=True, dtype=float)
    return np.sqrt(look / np.where(total > 0, total, 1.0))


def difference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Bhattacharyya distance of descriptions, given as their `roots` (..., 2, 144).

    Returns (...,) the mean over the regions that both describe: 0 alike .. 1; NaN where there is none.
    """
    known = a.any(axis=-1) & b.any(axis=-1)
    common = np.einsum("...k,...k->...", a, b)
    apart = np.where(known, np.sqrt(np.clip(1.0 - common, 0.0, 1.0)), 0.0)
    count = known.sum(axis=-1)
    return np.where(count > 0, apart.sum(axis=-1) / np.maximum(count, 1), np.nan)


def _torso_points(xy: np.ndarray, confidence: np.ndarray, joint_set: JointSet) -> np.ndarray | None:
    corners = joint_set.indices(("left_shoulder", "right_shoulder", "left_hip", "right_hip"))
    if not np.isfinite(xy[corners]).all() or confidence[corners].min() < VISIBLE:
        return None
    return _TORSO @ xy[corners]


def _leg_points(xy: np.ndarray, confidence: np.ndarray, joint_set: JointSet) -> np.ndarray:
    points = [np.empty((0, 2))]
    for side in ("left", "right"):
        for upper, lower in (("hip", "knee"), ("knee", "ankle")):
            ends = joint_set.indices((f"{side}_{upper}", f"{side}_{lower}"))
            if np.isfinite(xy[ends]).all() and confidence[ends].min() >= VISIBLE:
                points.append(_segment_points(*xy[ends]))
    return np.concatenate(points)


def _segment_points(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    along = end - start
    return start + _FORTH * along + _ASIDE * np.array([-along[1], along[0]])


def _histogram(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(cells,) that sum to 1, all zero where no point is in the picture; neighbours share a sample."""
    height, width = image.shape[:2]
    x, y = np.floor(points).astype(int).T
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    if not inside.any():
        return np.zeros(CELLS)
    colours = image[y[inside], x[inside]].reshape(-1, 1, 3).astype(np.float32) / 255.0
    lab = cv2.cvtColor(colours, cv2.COLOR_RGB2LAB).reshape(-1, 3)
    top = np.array(BINS) - 1
    place = np.clip((lab - _RANGE[:, 0]) / (_RANGE[:, 1] - _RANGE[:, 0]), 0.0, 1.0) * top
    low = np.minimum(place.astype(int), top - 1)
    part = (place - low)[:, None]
    weights = np.where(_CORNERS, part, 1.0 - part).prod(axis=-1)
    cells = np.ravel_multi_index(tuple(np.moveaxis(low[:, None] + _CORNERS, -1, 0)), BINS)
    return np.bincount(cells.ravel(), weights.ravel(), minlength=CELLS) / len(low)
