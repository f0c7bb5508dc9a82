"""What a person wears: colour histograms of the torso and the legs, sampled along the skeleton."""

import cv2
import numpy as np

from vid2pose3d.skeleton import JointSet
from vid2pose3d.track.similarity import VISIBLE

BINS = (4, 6, 6)
"""Histogram cells along lightness, a and b of CIE Lab."""
_RANGE = np.array([[0.0, 100.0], [-50.0, 50.0], [-50.0, 50.0]])
_ACROSS = np.linspace(0.1, 0.9, 9)
_ALONG = np.linspace(0.1, 0.9, 9)
_LEG_WIDTH = np.linspace(-0.08, 0.08, 3)
"""Sideways offsets of leg samples, in lengths of the sampled segment."""


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


def difference(a: np.ndarray | None, b: np.ndarray | None) -> float:
    """Bhattacharyya distance, mean of the regions that both describe: 0 alike .. 1; NaN if there is none."""
    if a is None or b is None:
        return float("nan")
    a, b = a.astype(float), b.astype(float)
    known = (a.sum(axis=1) > 0) & (b.sum(axis=1) > 0)
    if not known.any():
        return float("nan")
    a, b = (part[known] / part[known].sum(axis=1, keepdims=True) for part in (a, b))
    common = np.sqrt(a * b).sum(axis=1)
    return float(np.sqrt(np.clip(1.0 - common, 0.0, 1.0)).mean())


def _torso_points(xy: np.ndarray, confidence: np.ndarray, joint_set: JointSet) -> np.ndarray | None:
    corners = joint_set.indices(("left_shoulder", "right_shoulder", "left_hip", "right_hip"))
    if not np.isfinite(xy[corners]).all() or confidence[corners].min() < VISIBLE:
        return None
    left_top, right_top, left_low, right_low = xy[corners]
    across, down = (part.reshape(-1, 1) for part in np.meshgrid(_ACROSS, _ALONG))
    return (1 - down) * ((1 - across) * left_top + across * right_top) + down * (
        (1 - across) * left_low + across * right_low
    )


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
    across = np.array([-along[1], along[0]])
    forth, sideways = (part.reshape(-1, 1) for part in np.meshgrid(_ALONG, _LEG_WIDTH))
    return start + forth * along + sideways * across


def _histogram(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(cells,) that sum to 1, all zero where no point is in the picture; neighbours share a sample."""
    height, width = image.shape[:2]
    x, y = np.floor(points).astype(int).T
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    cells = np.zeros(BINS)
    if not inside.any():
        return cells.ravel()
    colours = image[y[inside], x[inside]].reshape(-1, 1, 3).astype(np.float32) / 255.0
    lab = cv2.cvtColor(colours, cv2.COLOR_RGB2LAB).reshape(-1, 3)
    top = np.array(BINS) - 1
    place = np.clip((lab - _RANGE[:, 0]) / (_RANGE[:, 1] - _RANGE[:, 0]), 0.0, 1.0) * top
    low = np.minimum(place.astype(int), top - 1)
    part = place - low
    for corner in np.ndindex(2, 2, 2):
        weight = np.where(corner, part, 1.0 - part).prod(axis=1)
        np.add.at(cells, tuple((low + corner).T), weight)
    return (cells / cells.sum()).ravel()
