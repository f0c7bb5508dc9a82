"""From the named points of a file to a body: names to places, known dialects, and repair of what they lose."""

from collections.abc import Mapping

import numpy as np
from scipy.spatial.transform import Rotation

from vid2pose3d.data import plug_in_gait
from vid2pose3d.data.body import Body, unit
from vid2pose3d.data.joint_names import PLACES, UnknownJoints, find_places, sided
from vid2pose3d.data.readers import Recorded
from vid2pose3d.data.readers.recorded import END
from vid2pose3d.skeleton import H36M17, JOINT_SETS, to_h36m17

_OWN_FILE = {
    "pelvis": "Hips", "right_hip": "RightUpLeg", "right_knee": "RightLeg", "right_ankle": "RightFoot",
    "left_hip": "LeftUpLeg", "left_knee": "LeftLeg", "left_ankle": "LeftFoot", "spine": "Spine", "thorax": "Neck",
    "neck_nose": "Head", "head": "Head" + END, "left_shoulder": "LeftArm", "left_elbow": "LeftForeArm",
    "left_wrist": "LeftHand", "right_shoulder": "RightArm", "right_elbow": "RightForeArm", "right_wrist": "RightHand",
}
"""Where the BVH files of this program have Human3.6M's joints."""
_OWN_REST = {"LowerBack", "LeftShoulder", "RightShoulder"}
_SAME_PLACE = 1e-6
"""Offset, in parts of the rest pose's size, below which two joints lie in one place."""
_UPRIGHT, _LEVEL = 0.8, 0.3
"""Cosine between directions of the rest pose that should agree, above which it counts as that of a standing body; and
between up and left, which should be square."""


def to_body(recorded: Recorded, given: Mapping[str, str] | None = None) -> tuple[Body, list[str]]:
    """The body that a file holds, and what was repaired.

    given: as in `find_places`. Raises UnknownJoints where the names tell no body.
    """
    names = set(recorded.names)
    if set(H36M17.joints) <= names:
        return _direct(recorded, {joint: joint for joint in H36M17.joints}), []
    for joints in sorted(JOINT_SETS.values(), key=len, reverse=True):  # BlazePose has all of COCO's names
        if set(joints.joints) <= names:
            picked = recorded.positions[:, [recorded.names.index(joint) for joint in joints.joints]]
            converted, _ = to_h36m17(picked, np.ones(picked.shape[:2]), joints)
            return Body("joints", dict(zip(H36M17.joints, np.moveaxis(converted, 1, 0), strict=True))), [
                f"converted from the joint set {joints.name}"]
    if _is_own_file(recorded):
        return _direct(recorded, _OWN_FILE), []
    lacking = plug_in_gait.missing(recorded.names) if recorded.parents is None else None
    if lacking == []:
        return plug_in_gait.body(recorded), ["joints estimated from plug-in-gait markers"]
    if lacking and not given:
        raise UnknownJoints(f"of the plug-in-gait markers {', '.join(lacking)} are missing; say with --map FILE which "
                            "points are joints, or leave such files out with --skip-unknown")
    return _rig(recorded, find_places(recorded.names, given))


def _direct(recorded: Recorded, points: Mapping[str, str]) -> Body:
    return Body("joints", {joint: recorded.positions[:, recorded.names.index(name)] for joint, name in points.items()})


def _is_own_file(recorded: Recorded) -> bool:
    """A BVH file that `run` wrote: the same joints, neck and collars in one place."""
    joints = {name for name in recorded.names if not name.endswith(END)}
    if recorded.rest is None or joints != {name for name in _OWN_FILE.values() if not name.endswith(END)} | _OWN_REST:
        return False
    places = dict(zip(recorded.names, recorded.rest, strict=True))
    return all(np.allclose(places[collar], places["Neck"], atol=1e-3 * np.abs(recorded.rest).max())
               for collar in ("LeftShoulder", "RightShoulder"))


def _rig(recorded: Recorded, places: Mapping[str, list[int]]) -> tuple[Body, list[str]]:
    first = {place: indices[0] for place, indices in places.items() if place not in ("spine", "neck")}
    shift, notes = _lost_chest(recorded, places)
    lifted = _above(recorded, places) if shift is not None else set()

    def point(index: int) -> np.ndarray:
        here = recorded.positions[:, index]
        return here + shift if shift is not None and index in lifted else here

    cmu = len(places.get("neck", ())) >= 2 and any(sided(name) == ("left", "hipjoint") for name in recorded.names)
    body = Body("cmu" if cmu else "rig", {place: point(index) for place, index in first.items() if place in PLACES},
                chain=tuple(point(index) for index in places.get("spine", ()) if not _at_root(recorded, index)),
                neck=tuple(point(index) for index in places.get("neck", ())),
                head_left=_head_left(recorded, first), rest_up=_rest_axes(recorded, first)[1])
    return body, notes


def _at_root(recorded: Recorded, index: int) -> bool:
    """Whether a joint only turns the back without leaving the root."""
    return recorded.rest is not None and bool(np.allclose(recorded.rest[index], recorded.rest[0]))


def _lost_chest(recorded: Recorded, places: Mapping[str, list[int]]) -> tuple[np.ndarray | None, list[str]]:
    """(F, 3) by which neck and arms sit too low where a conversion lost the length of the chest, else None.

    Conversions of CMU's Acclaim files (MotionBuilder-friendly, Max-friendly) give every joint with several children
    children without offset: the first neck joint and both collars lie in the uppermost spine joint, though the bone
    between is as long as the one below, and points up the spine.
    """
    collars = [places.get(f"{side}_collar", [None])[0] for side in ("left", "right")]
    spine, neck = places.get("spine", []), places.get("neck", [])
    if recorded.rest is None or recorded.turns is None or len(spine) < 2 or len(neck) < 2 or None in collars:
        return None, []
    chest, size = spine[-1], float(np.abs(recorded.rest - recorded.rest[0]).max())
    branches = [neck[0], *collars]
    if any(np.linalg.norm(recorded.rest[index] - recorded.rest[chest]) > _SAME_PLACE * size for index in branches):
        return None, []
    below, above = (recorded.rest[chest] - recorded.rest[spine[-2]], recorded.rest[neck[1]] - recorded.rest[neck[0]])
    length = float(np.linalg.norm(below))
    if length <= _SAME_PLACE * size:
        return None, []
    bone = length * unit(unit(below) + unit(above))
    return recorded.turns[chest].apply(bone), ["gave the chest back the length that a conversion lost"]


def _above(recorded: Recorded, places: Mapping[str, list[int]]) -> set[int]:
    """Neck, collars and all that hangs on them."""
    assert recorded.parents is not None
    found = {places["neck"][0], places["left_collar"][0], places["right_collar"][0]}
    for index, parent in enumerate(recorded.parents):
        if parent in found:
            found.add(index)
    return found


def _head_left(recorded: Recorded, places: Mapping[str, int]) -> np.ndarray | None:
    """(F, 3) unit vectors to the left of the head.

    The head's own left is that of the rest pose where it is a standing body's; else the direction that stays closest
    to the shoulders' over the clip.
    """
    head = places.get("head")
    if recorded.turns is None or head is None:
        return None
    turn: Rotation = recorded.turns[head]
    left, _ = _rest_axes(recorded, places)
    if left is None:
        across = recorded.positions[:, places["left_shoulder"]] - recorded.positions[:, places["right_shoulder"]]
        left = np.nanmean(turn.inv().apply(unit(across)), axis=0)
    return turn.apply(unit(left))


def _rest_axes(recorded: Recorded, places: Mapping[str, int]) -> tuple[np.ndarray | None, np.ndarray | None]:
    """(3,) unit vectors to the left and up of a rest pose that stands, else None."""
    if recorded.rest is None:
        return None, None
    here = {place: recorded.rest[index] for place, index in places.items()}
    hips, shoulders = (here[f"left_{place}"] - here[f"right_{place}"] for place in ("hip", "shoulder"))
    legs = here["left_hip"] + here["right_hip"] - here["left_ankle"] - here["right_ankle"]
    trunk = here["left_shoulder"] + here["right_shoulder"] - here["left_hip"] - here["right_hip"]
    left, up = unit(unit(hips) + unit(shoulders)), unit(trunk)
    standing = unit(hips) @ unit(shoulders) > _UPRIGHT and unit(legs) @ up > _UPRIGHT and abs(left @ up) < _LEVEL
    return (left, up) if standing else (None, None)
