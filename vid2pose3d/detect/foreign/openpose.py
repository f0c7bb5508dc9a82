"""OpenPose's folder of one JSON file per frame, BODY_25 or COCO.

Layout: https://github.com/CMU-Perceptual-Computing-Lab/openpose/blob/master/doc/02_output.md. Files are called
<clip>_<12 digits>_keypoints.json from frame 0 on; each has `people`, each person `pose_keypoints_2d` (x, y,
confidence of each joint, zeros where unseen) and `person_id` ([-1]: none). AlphaPose's `--format open` and Pose2Sim
write the same.
"""

from pathlib import Path
from typing import Any

import numpy as np

from vid2pose3d.detect.foreign.content import Content, Request, check_numbers, number_in, read_json
from vid2pose3d.detect.foreign.extra import read_extra
from vid2pose3d.detect.foreign.joints import JointOrder, by_count, in_order
from vid2pose3d.detect.foreign.sights import Collector, Sights, corners, triples, whole_number
from vid2pose3d.errors import InputError
from vid2pose3d.skeleton import COCO18, JointSet, joint_set

_POSE = "pose_keypoints_2d"


def recognises(content: Content) -> bool:
    """A frame with a list of people."""
    value = content.value
    return content.kind == "json" and isinstance(value, dict) and isinstance(value.get("people"), list) \
        and "schema" not in value


def read(content: Content, request: Request) -> Sights:
    """Raises InputError where a file is damaged, has other joints, or says nothing of its frame."""
    files = content.files or (content.path,)
    numbers = check_numbers(content) if content.files else [number_in(content.path)]
    rows = Collector(content.path)
    extra: dict[str, Any] = {}
    for number, path in zip(numbers, request.over(files), strict=True):
        frame = read_json(path)
        if not isinstance(frame, dict) or not isinstance(frame.get("people"), list):
            raise InputError(f"{path} is not a frame of OpenPose (it has no list of people); take it out of the folder")
        extra = frame.get("vid2pose3d") or extra
        rows.list_frame(number, extra.get("time") if "vid2pose3d" in frame else None)
        for person in frame["people"]:
            _add(rows, path, number, person, extra)
    return rows.sights(_order(rows, content.path, extra, request), first=0, **read_extra(extra))


def _add(rows: Collector, path: Path, number: int, person: Any, extra: dict[str, Any]) -> None:
    if not isinstance(person, dict) or _POSE not in person:
        raise InputError(f"{path}: a person has no {_POSE}; run OpenPose with the body on")
    if not person[_POSE]:
        return  # hands or face alone
    joints = triples(person[_POSE], path, _POSE)
    own = person.get("vid2pose3d") or {}
    if "joint_set" in extra:
        joints = _restored(joints, joint_set(extra["joint_set"]), own.get("joints", {}), path)
    ids = person.get("person_id") or [-1]
    number_of = whole_number(ids, path, "person_id")
    rows.add(number, joints, id=None if number_of < 0 else number_of, bbox=corners(own.get("bbox"), path, "bbox"),
             interpolated=bool(own.get("interpolated")))


def _order(rows: Collector, path: Path, extra: dict[str, Any], request: Request) -> JointOrder:
    if "joint_set" in extra:
        return in_order(joint_set(extra["joint_set"]))
    return by_count(rows.joint_count or len(COCO18), path, chosen=request.joints)


def _restored(joints: np.ndarray, wanted: JointSet, others: dict[str, list[float | None]], path: Path) -> np.ndarray:
    """The joints of the detector's own set: those that BODY_25 shares with it, and those written beside them."""
    shared = by_count(len(joints), path, chosen=None).joint_set
    restored = np.full((len(wanted), 3), np.nan)
    for place, name in enumerate(wanted.joints):
        if name in others:
            restored[place] = np.array(others[name], dtype=float)
        elif name in shared.joints:
            restored[place] = joints[shared.index(name)]
    return restored
