"""Joints from the markers of Vicon's plug-in-gait set, as far as markers tell."""

from collections.abc import Sequence

import numpy as np

from vid2pose3d.data.body import Body, unit
from vid2pose3d.data.readers import Recorded

_SIDED = ("ASI", "PSI", "KNE", "ANK", "SHO", "ELB", "WRA", "WRB", "FHD", "BHD")
_NEEDED = (*(side + name for side in "LR" for name in _SIDED), "C7", "CLAV")
_INSTEAD = {"LPSI": "SACR", "RPSI": "SACR", "LWRA": "LWRI", "LWRB": "LWRI", "RWRA": "RWRI", "RWRB": "RWRI"}
"""Markers that serve in place of others."""
_WAIST = {"LFWT": "LASI", "RFWT": "RASI", "LBWT": "LPSI", "RBWT": "RPSI"}
"""The CMU database's names of four markers."""
_METRES = {"knee": 0.055, "ankle": 0.04, "elbow": 0.045, "shoulder": 0.05}
"""From the marker on the skin to the middle of the joint: half a knee's, ankle's and elbow's width with the marker's
own radius, and the height of the shoulder's marker above it."""


def missing(names: Sequence[str]) -> list[str] | None:
    """The markers of the set that are needed and not there, by their usual names; None where it is another set."""
    bare = {_bare(name) for name in names}
    found = [name for name in _NEEDED if name not in bare and _INSTEAD.get(name) not in bare]
    return None if len(found) > len(_NEEDED) / 2 else found


def body(recorded: Recorded) -> Body:
    """The places of the body. Hips by the regression of Harrington et al. (J. Biomech. 2007); the middles of the other
    joints lie inwards of their markers along the pelvis' or the upper trunk's width, which is right for limbs that
    move in planes along the trunk and a few centimetres off for others.
    """
    scale = 1.0 / (recorded.metres_per_unit or 0.001)
    marker = {_bare(name): recorded.positions[:, index] for index, name in reversed(list(enumerate(recorded.names)))}
    points: dict[str, np.ndarray] = {}
    front = (marker["LASI"] + marker["RASI"]) / 2
    back = (marker["LPSI"] + marker["RPSI"]) / 2 if "LPSI" in marker else marker["SACR"]
    across = unit(marker["LASI"] - marker["RASI"])
    ahead = unit((front - back) - np.sum((front - back) * across, axis=-1, keepdims=True) * across)
    up = np.cross(ahead, across)
    width = np.nanmedian(np.linalg.norm(marker["LASI"] - marker["RASI"], axis=-1))
    depth = np.nanmedian(np.linalg.norm(front - back, axis=-1))
    chest = (marker["C7"] + marker["CLAV"]) / 2
    shoulders = unit(marker["LSHO"] - marker["RSHO"])
    for letter, side, sign in (("L", "left", 1.0), ("R", "right", -1.0)):
        hip = (front + ahead * (-0.24 * depth - 0.0099 * scale) + sign * across * (0.33 * width + 0.0073 * scale)
               + up * (-0.30 * width - 0.0109 * scale))
        points[f"{side}_hip"] = hip
        points[f"{side}_knee"] = marker[letter + "KNE"] - sign * _METRES["knee"] * scale * across
        points[f"{side}_ankle"] = marker[letter + "ANK"] - sign * _METRES["ankle"] * scale * across
        trunk = unit(chest - front)
        points[f"{side}_shoulder"] = marker[letter + "SHO"] - _METRES["shoulder"] * scale * trunk
        points[f"{side}_elbow"] = marker[letter + "ELB"] - sign * _METRES["elbow"] * scale * shoulders
        points[f"{side}_wrist"] = (marker[letter + "WRI"] if letter + "WRI" in marker
                                   else (marker[letter + "WRA"] + marker[letter + "WRB"]) / 2)
        if letter + "TOE" in marker:
            points[f"{side}_toe"] = marker[letter + "TOE"]
    points["head"] = (marker["LFHD"] + marker["RFHD"] + marker["LBHD"] + marker["RBHD"]) / 4
    left = marker["LFHD"] + marker["LBHD"] - marker["RFHD"] - marker["RBHD"]
    return Body("rig", points, neck=(chest,), head_left=unit(left))


def _bare(name: str) -> str:
    """A marker's usual name, without the subject that some programs put before it."""
    bare = name.rpartition(":")[2].strip().upper()
    return _WAIST.get(bare, bare)
