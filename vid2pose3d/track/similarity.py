"""How alike two people in a picture are: object keypoint similarity (OKS) and box overlap."""

from functools import lru_cache

import numpy as np

from vid2pose3d.skeleton import JointSet

VISIBLE = 0.2
"""Confidence from which a joint takes part in a comparison."""
_FEWEST_SHARED = 3

# COCO's own sigmas; the joints that COCO does not have take the value of the nearest one that it has.
_SIGMA_BY_PART = {
    "nose": 0.026,
    "eye": 0.025,
    "mouth": 0.030,
    "ear": 0.035,
    "shoulder": 0.079,
    "elbow": 0.072,
    "wrist": 0.062,
    "pinky": 0.062,
    "index": 0.062,
    "thumb": 0.062,
    "hip": 0.107,
    "knee": 0.087,
    "ankle": 0.089,
    "heel": 0.089,
    "foot": 0.089,
    "pelvis": 0.107,
    "spine": 0.107,
    "thorax": 0.079,
    "neck": 0.050,
    "head": 0.050,
}


@lru_cache
def sigmas(joint_set: JointSet) -> np.ndarray:
    """(J,) OKS sigma of each joint, found by its name; 0.08 for an unknown part."""
    values = np.array([_sigma(joint) for joint in joint_set.joints])
    values.flags.writeable = False
    return values


def _sigma(joint: str) -> float:
    part = joint.removeprefix("left_").removeprefix("right_").split("_")[0]
    return _SIGMA_BY_PART.get(part, 0.08)


def person_area(bbox: np.ndarray) -> np.ndarray:
    """(...,) square pixels that a body fills in its box (..., 4): 0.53 of it, as in COCO.

    A box is taken to be at least 0.3 times as wide as it is high and the other way round, so that a thin box
    (a person seen from the side) does not make the measure merciless.
    """
    bbox = np.asarray(bbox, dtype=float)
    width, height = bbox[..., 2] - bbox[..., 0], bbox[..., 3] - bbox[..., 1]
    longer = np.maximum(np.maximum(width, height), 1e-6)
    return 0.53 * np.maximum(width, 0.3 * longer) * np.maximum(height, 0.3 * longer)


def oks(
    a: np.ndarray, b: np.ndarray, *, area: float | np.ndarray, sigma: np.ndarray, shared: np.ndarray
) -> np.ndarray:
    """Object keypoint similarity as COCO defines it: mean over joints of exp(-d^2 / (2 area (2 sigma)^2)).

    a, b: (..., J, 2) pixels; area: (...,) square pixels; sigma: (J,); shared: (..., J) True where the joint
    counts. Returns (...,) in 0..1, NaN where fewer than 3 joints are shared.
    """
    squared = np.sum(np.square(np.where(shared[..., None], a - b, 0.0)), axis=-1)
    terms = np.exp(-squared / (2.0 * np.asarray(area)[..., None] * np.square(2.0 * sigma))) * shared
    count = shared.sum(axis=-1)
    return np.where(count >= _FEWEST_SHARED, terms.sum(axis=-1) / np.maximum(count, 1), np.nan)


def seen(xy: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """(..., J) True where a joint is known well enough to be compared."""
    return np.isfinite(xy).all(axis=-1) & (confidence >= VISIBLE)


def box_overlap(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Overlap of boxes a (..., 4) with boxes b (..., 4), x0 y0 x1 y1 pixels.

    Returns the intersection over union, and the intersection over the smaller box: 1 where one is nested in
    the other. Both (...,) in 0..1, 0 for empty boxes.
    """
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    sides = np.clip(np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]), 0.0, None)
    common = sides.prod(axis=-1)
    area_a = np.clip(a[..., 2:] - a[..., :2], 0.0, None).prod(axis=-1)
    area_b = np.clip(b[..., 2:] - b[..., :2], 0.0, None).prod(axis=-1)
    union, smaller = area_a + area_b - common, np.minimum(area_a, area_b)
    return (
        np.divide(common, union, out=np.zeros_like(common), where=union > 0),
        np.divide(common, smaller, out=np.zeros_like(common), where=smaller > 0),
    )
