"""OpenPose's files of one frame each, BODY_25 or COCO (layout: detect/foreign/openpose.py)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from vid2pose3d.documents import compact
from vid2pose3d.export.foreign import rows
from vid2pose3d.files import replacing
from vid2pose3d.motion import Clip, Person2D
from vid2pose3d.skeleton import BODY25, COCO18, JointSet

_MIDDLES = {"pelvis": ("left_hip", "right_hip"), "neck": ("left_shoulder", "right_shoulder")}
_EMPTY: dict[str, list[float]] = {
    "face_keypoints_2d": [], "hand_left_keypoints_2d": [], "hand_right_keypoints_2d": [], "pose_keypoints_3d": [],
    "face_keypoints_3d": [], "hand_left_keypoints_3d": [], "hand_right_keypoints_3d": [],
}


def file_name(clip: Clip, frame: int) -> str:
    return f"{clip.path.stem}_{frame:012d}_keypoints.json"


def write(place: Callable[[str], Path], clip: Clip, detector: str, people: list[Person2D]) -> None:
    """A file for every frame of the clip. place: where to write the file of a name.

    Joints of another set than OpenPose's two stand by name in BODY_25; those that it lacks under `vid2pose3d`.
    """
    found, own = rows.by_frame(people), rows.joint_set_of(people)
    written = COCO18 if own is COCO18 else BODY25
    known = rows.extra(clip, detector) | ({"joint_set": own.name} if own is not written else {})
    for frame in range(clip.frames):
        here = found.get(frame, [])
        document = {
            "version": 1.3,
            "people": [_person(person, row, own, written) for person, row in here],
            "vid2pose3d": {**known, **({"time": rows.time(*here[0])} if here else {})},
        }
        with replacing(place(file_name(clip, frame))) as temporary:
            temporary.write_text(compact(document) + "\n", encoding="utf-8")


def _person(person: Person2D, row: int, own: JointSet, written: JointSet) -> dict[str, Any]:
    table = rows.joints(person, row)
    others = {name: table[place].tolist() for place, name in enumerate(own.joints) if name not in written.joints}
    added = {"bbox": rows.box(person, row), "interpolated": bool(person.interpolated[row])}
    pose = np.array([_joint(table, own, name) for name in written.joints])
    return {"person_id": [person.id], "pose_keypoints_2d": pose.ravel().tolist(), **_EMPTY,
            "vid2pose3d": added | ({"joints": others} if others else {})}


def _joint(table: np.ndarray, own: JointSet, name: str) -> np.ndarray:
    """x, y, confidence of a joint of OpenPose; zeros where it cannot be had."""
    if name in own.joints:
        return table[own.index(name)]
    parts = [table[own.index(part)] for part in _MIDDLES.get(name, ()) if part in own.joints]
    if len(parts) < 2 or not all(part[:2].any() for part in parts):
        return np.zeros(3)
    both = np.stack(parts)
    return np.append(np.round(both[:, :2].mean(axis=0), 3), both[:, 2].min())
