"""What the lifter gets for joints that were not seen: its networks were trained on whole poses."""

import numpy as np

from vid2pose3d.skeleton import H36M17

_BRIDGED = 0.3
"""Share of its neighbours' confidence that a joint has in a frame in which it was not seen, as in bridged frames."""
_GUESSED = 0.1
"""Confidence of a joint that was seen in no frame."""

# How a person stands: joint, what it hangs on, and how far down the trunk's line from there, in lengths of the trunk
# (pelvis to thorax). Each row can use the rows above it.
_STANDING = (
    ("neck_nose", "thorax", -0.25), ("head", "thorax", -0.47),
    ("pelvis", "thorax", 1.0), ("spine", "thorax", 0.5),
    ("left_hip", "pelvis", 0.0), ("right_hip", "pelvis", 0.0),
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

    xy: (N, 17, 2), confidence: (N, 17), Human3.6M's joints. Without a thorax, or where neither pelvis nor head are
    known, everything stays as it is.
    """
    unknown = ~np.isfinite(xy).all(axis=-1)
    if not unknown.any():
        return xy, confidence
    thorax, pelvis, head = (xy[:, H36M17.index(name)] for name in ("thorax", "pelvis", "head"))
    trunk = np.where(np.isfinite(pelvis), pelvis - thorax, (thorax - head) / 0.47)
    xy, confidence = xy.copy(), confidence.copy()
    for name, start, lengths in _STANDING:
        joint = H36M17.index(name)
        place = xy[:, H36M17.index(start)] + lengths * trunk
        filled = unknown[:, joint] & np.isfinite(place).all(axis=-1)
        xy[filled, joint], confidence[filled, joint] = place[filled], _GUESSED
    return xy, confidence
