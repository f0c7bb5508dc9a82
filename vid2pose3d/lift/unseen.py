"""What the lifter gets for joints that were not seen: its networks were trained on whole poses."""

import numpy as np

from vid2pose3d.skeleton import H36M17

_BRIDGED = 0.3
"""Share of its neighbours' confidence that a joint has in a frame in which it was not seen, as in bridged frames."""
_GUESSED = 0.1
"""Confidence of a joint that was seen in no frame."""

# How a person stands: joint, what it hangs on, and how far down the trunk's line from there, in lengths of the trunk
# (pelvis to thorax). Each row can use the rows above it.
_HEAD = 0.47
"""How far the head lies above the thorax, in lengths of the trunk."""
_STANDING = (
    ("neck_nose", "thorax", -0.25), ("head", "thorax", -_HEAD), ("spine", "thorax", 0.5),
    ("left_knee", "left_hip", 0.95), ("right_knee", "right_hip", 0.95),
    ("left_ankle", "left_knee", 0.9), ("right_ankle", "right_knee", 0.9),
    ("left_elbow", "left_shoulder", 0.55), ("right_elbow", "right_shoulder", 0.55),
    ("left_wrist", "left_elbow", 0.5), ("right_wrist", "right_elbow", 0.5),
)


def bridged(times: np.ndarray, xy: np.ndarray, confidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The keypoints with each joint's gaps in time filled linearly; a joint that is never known stays unknown.

    times: (N,) seconds, xy: (N, J, 2), confidence: (N, J).
    """
    known = np.isfinite(xy).all(axis=-1)
    if known.all():
        return xy, confidence
    xy, confidence = xy.copy(), confidence.copy()
    for joint in np.flatnonzero(known.any(axis=0) & ~known.all(axis=0)):
        there = known[:, joint]
        gaps, stamps = times[~there], times[there]
        for axis in range(2):
            xy[~there, joint, axis] = np.interp(gaps, stamps, xy[there, joint, axis])
        confidence[~there, joint] = _BRIDGED * np.interp(gaps, stamps, confidence[there, joint])
    return xy, confidence


def guessed(xy: np.ndarray, confidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The keypoints with unknown joints where they are in a person who stands upright along the trunk.

    xy: (N, 17, 2), confidence: (N, 17), Human3.6M's joints. Where the trunk's direction cannot be had, everything stays
    as it is.
    """
    unknown = ~np.isfinite(xy).all(axis=-1)
    if not unknown.any():
        return xy, confidence
    at = {name: xy[:, place] for place, name in enumerate(H36M17.joints)}
    left, right = (at[f"{side}_hip"] - at[f"{side}_shoulder"] for side in ("left", "right"))
    trunk = _first(at["pelvis"] - at["thorax"], (left + right) / 2, (at["pelvis"] - at["head"]) / (1 + _HEAD), left,
                   right, (at["thorax"] - at["head"]) / _HEAD)
    at["thorax"] = _first(at["thorax"], at["pelvis"] - trunk, at["head"] + _HEAD * trunk, at["left_shoulder"],
                          at["right_shoulder"])
    at["pelvis"] = _first(at["pelvis"], (at["left_hip"] + at["right_hip"]) / 2, at["thorax"] + trunk)
    for pair, middle in (("shoulder", "thorax"), ("hip", "pelvis")):
        for side, other in (("left", "right"), ("right", "left")):
            opposite = 2 * at[middle] - at[f"{other}_{pair}"]
            at[f"{side}_{pair}"] = _first(at[f"{side}_{pair}"], opposite, at[middle])
    for name, start, lengths in _STANDING:
        at[name] = _first(at[name], at[start] + lengths * trunk)
    whole = np.stack([at[name] for name in H36M17.joints], axis=1)
    filled = unknown & np.isfinite(whole).all(axis=-1) & np.isfinite(trunk).all(axis=-1)[:, None]
    return np.where(filled[..., None], whole, xy), np.where(filled, _GUESSED, confidence)


def _first(*places: np.ndarray) -> np.ndarray:
    """The first of some places (N, 2) that is known, in each row."""
    found = places[0]
    for place in places[1:]:
        found = np.where(np.isfinite(found).all(axis=-1, keepdims=True), found, place)
    return found
