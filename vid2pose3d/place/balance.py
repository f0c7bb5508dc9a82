"""How a body stands: where its weight is, and where its feet carry it."""

import numpy as np

from vid2pose3d.place.contact import FEET
from vid2pose3d.skeleton import H36M17
from vid2pose3d.vectors import unit

_SEGMENTS = [("pelvis", "thorax", 0.497, 0.5), ("neck_nose", "head", 0.081, 0.5)] + [
    (f"{side}_{start}", f"{side}_{end}", share, place) for side in ("left", "right")
    for start, end, share, place in (("shoulder", "elbow", 0.028, 0.436), ("elbow", "wrist", 0.022, 0.682),
                                     ("hip", "knee", 0.1, 0.433), ("knee", "ankle", 0.061, 0.606))
]
"""Joints at both ends of a part of the body, its share of the weight, and how far along its weight is centred; hands
and feet belong to the parts before them. Winter, "Biomechanics and Motor Control of Human Movement", Table 4.1."""
_SOLE = 0.05
"""Metres from the ankle forwards to the middle of what the foot stands on: measured on motion capture (validation
split), as that from which the weight is straight up on average."""


def mass_centre(joints: np.ndarray) -> np.ndarray:
    """(N, 3) of joints (N, 17, 3)."""
    centre = np.zeros_like(joints[:, 0])
    for start, end, share, place in _SEGMENTS:
        first, last = H36M17.indices((start, end))
        centre += share * ((1 - place) * joints[:, first] + place * joints[:, last])
    return centre / sum(share for *_, share, _ in _SEGMENTS)


def soles(joints: np.ndarray, *, up: np.ndarray) -> np.ndarray:
    """Middles (N, 2, 3) of the soles, at the ankles' height, of feet that point where the body of (N, 17, 3) faces.

    up: (3,) unit vector, in the frame of the joints.
    """
    forward = unit(np.cross(to_the_left(joints), up))
    return np.asarray(joints[:, FEET] + _SOLE * forward[:, None])


def to_the_left(joints: np.ndarray) -> np.ndarray:
    """(N, 3) from right to left in the body of (N, 17, 3), the hips' and the shoulders' distance added up."""
    left, right = (H36M17.indices((f"{side}_hip", f"{side}_shoulder")) for side in ("left", "right"))
    return np.asarray((joints[:, left] - joints[:, right]).sum(axis=1))
