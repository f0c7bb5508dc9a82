"""AlphaPose's one JSON file of a clip.

Layout: https://github.com/MVIG-SJTU/AlphaPose/blob/master/docs/run.md and doc/output.md, `write_json` in
alphapose/utils/pPose_nms.py: a list with an object for each person and picture: `image_id` (the picture's name;
"0.jpg", "1.jpg", ... for a video), `category_id`, `keypoints` (x, y, confidence of each joint), `score`, `box` (x, y,
width, height) and `idx`, which is an identity only where tracking was on; else it is 0 throughout.
"""

from typing import Any

import numpy as np

from vid2pose3d.detect.foreign.content import Content, Request, picture_number
from vid2pose3d.detect.foreign.joints import by_count
from vid2pose3d.detect.foreign.sights import Collector, Sights, corners, triples, whole_number
from vid2pose3d.errors import InputError
from vid2pose3d.skeleton import COCO17


def recognises(content: Content) -> bool:
    """Results by picture name without COCO's boxes, or with AlphaPose's own keys."""
    entry = content.value[0] if content.kind == "json" and isinstance(content.value, list) and content.value else None
    if not isinstance(entry, dict) or not {"image_id", "keypoints"} <= set(entry):
        return False
    return (isinstance(entry["image_id"], str) and "bbox" not in entry) or "idx" in entry or "box" in entry


def read(content: Content, request: Request) -> Sights:
    """Raises InputError where the file is damaged, or has hands and face (Halpe-136)."""
    path, rows = content.path, Collector(content.path)
    if content.files:
        raise InputError(f"{path} holds several AlphaPose files; give the one of this clip")
    for person in content.value:
        if not isinstance(person, dict) or not {"image_id", "keypoints"} <= set(person):
            raise InputError(f"{path}: a person lacks image_id or keypoints; write the file again")
        number = _frame(person["image_id"], path)
        joints = triples(person["keypoints"], path, f"keypoints of {person['image_id']}")
        rows.add(number, joints, id=None if person.get("idx") is None else whole_number(person["idx"], path, "idx"),
                 bbox=corners(person.get("box"), path, "box", sized=True))
    sights = rows.sights(by_count(rows.joint_count or len(COCO17), path, chosen=request.joints), first=0)
    if sights.ids is not None and not np.any(sights.ids):
        sights.ids = None
    return sights


def _frame(image: Any, path: Any) -> int:
    number = picture_number(image) if isinstance(image, str) else whole_number(image, path, "image_id")
    if number is None:
        raise InputError(f"{path}: image_id {image!r} holds no frame number; name the pictures by number")
    return number
