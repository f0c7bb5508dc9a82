"""MMPose's predictions: of a clip in one file, or a folder with a file for each picture.

Layouts, all of MMPose 1.x (https://mmpose.readthedocs.io/en/latest/user_guides/inference.html,
mmpose/apis/inferencers/base_mmpose_inferencer.py and mmpose/structures/utils.py, demo/topdown_demo_with_mmdet.py):
a list of {frame_id from 0, instances}; a list of instances for each picture; or `meta_info` with the joints' names and
`instance_info`, either a list of {frame_id from 1, instances} or of the instances of one picture. An instance has
`keypoints` (J x 2 pixels), `keypoint_scores` (J), `bbox` ([[x0, y0, x1, y1]]), `bbox_score`, and `track_id` where a
tracker ran.
"""

from pathlib import Path
from typing import Any

import numpy as np

from vid2pose3d.detect.foreign.content import Content, Request, check_numbers, read_json
from vid2pose3d.detect.foreign.extra import read_extra
from vid2pose3d.detect.foreign.joints import JointOrder, by_count, by_names
from vid2pose3d.detect.foreign.sights import Collector, Sights, corners, floats, whole_number
from vid2pose3d.errors import InputError
from vid2pose3d.skeleton import COCO17


def recognises(content: Content) -> bool:
    """Instances with keypoint_scores, or frames of them."""
    value = content.value
    if content.kind != "json":
        return False
    if isinstance(value, dict):
        return isinstance(value.get("instance_info"), list)
    entry = value[0] if isinstance(value, list) and value else None
    return isinstance(entry, dict) and ("instances" in entry or "keypoint_scores" in entry)


def _frames(value: Any, number: int) -> list[Any]:
    """The frames of a file; a list of instances is those of the one frame `number`."""
    entries = value.get("instance_info") if isinstance(value, dict) else value
    if isinstance(entries, list) and entries and isinstance(entries[0], dict) and "instances" in entries[0]:
        return entries
    return [{"frame_id": number, "instances": entries}]


def read(content: Content, request: Request) -> Sights:
    """Raises InputError where the file is damaged or has joints of an unknown set."""
    path, rows = content.path, Collector(content.path)
    extra: dict[str, Any] = {}
    meta: dict[str, Any] = {}
    first = 0
    if content.files:
        for number, file in zip(check_numbers(content), request.over(content.files), strict=True):
            frames = _frames(read_json(file), number)
            if len(frames) > 1:
                raise InputError(f"{file} holds several frames, but is one of a folder; give the file itself")
            _add_frame(rows, file, {**frames[0], "frame_id": number})
    else:
        frames = _frames(content.value, 0)
        first = int(isinstance(content.value, dict) and frames is content.value["instance_info"])
        for frame in frames:
            _add_frame(rows, path, frame)
    if isinstance(content.value, dict):
        extra, meta = content.value.get("vid2pose3d") or {}, content.value.get("meta_info") or {}
    return rows.sights(_order(rows, path, meta, request), first=first, **read_extra(extra))


def _add_frame(rows: Collector, path: Path, frame: Any) -> None:
    if not isinstance(frame, dict) or "frame_id" not in frame or not isinstance(frame.get("instances"), list):
        raise InputError(f"{path}: a frame lacks its frame_id or its list of instances; write the file again")
    number = whole_number(frame["frame_id"], path, "frame_id")
    rows.list_frame(number, frame.get("time"))
    for instance in frame["instances"]:
        if not isinstance(instance, dict) or "keypoints" not in instance:
            raise InputError(f"{path}: frame {number} has an instance without keypoints; write the file again")
        xy = floats(instance["keypoints"], path, f"keypoints of frame {number}")
        scores = floats(instance.get("keypoint_scores", [1.0] * len(xy)), path, f"keypoint_scores of frame {number}")
        if xy.ndim != 2 or xy.shape[1] != 2 or scores.shape != xy.shape[:1]:
            raise InputError(f"{path}: frame {number} has keypoints of shape {xy.shape} and scores of shape "
                             f"{scores.shape}; J x 2 and J are needed (2D predictions)")
        track = instance.get("track_id")
        rows.add(number, np.column_stack([xy, scores]),
                 id=None if track is None or track == -1 else whole_number(track, path, "track_id"),
                 bbox=corners(instance.get("bbox"), path, "bbox"), score=instance.get("bbox_score"),
                 interpolated=bool(instance.get("interpolated")))


def _order(rows: Collector, path: Path, meta: dict[str, Any], request: Request) -> JointOrder:
    names = meta.get("keypoint_id2name")
    if request.joints is None and isinstance(names, dict):
        return by_names([names[key] for key in sorted(names, key=int)], path)
    return by_count(rows.joint_count or len(COCO17), path, chosen=request.joints)
