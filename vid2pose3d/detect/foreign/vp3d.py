"""VideoPose3D's .npz files: data sets of 2D keypoints, and Detectron's output for one video.

Layouts: https://github.com/facebookresearch/VideoPose3D, INFERENCE.md, data/prepare_data_2d_custom.py and
inference/infer_video_d2.py. A data set has `positions_2d`, a pickled dictionary clip -> action -> list of N x J x 2
arrays (pixels, from frame 0 on), and `metadata` (`layout_name`, `num_joints`, `keypoints_symmetry`, `video_metadata`:
w and h of each clip). Detectron's has, for each frame, `boxes[i][1]` (n x 5) and `keypoints[i][1]` (n x 4 x 17: x, y,
logit, probability), and `metadata` (w, h); `keypoints` may also be a plain N x J x 2 or 3 array. Pickles that ask for
more than arrays are refused.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from vid2pose3d.detect.foreign.content import Content, Request
from vid2pose3d.detect.foreign.extra import read_extra
from vid2pose3d.detect.foreign.joints import JointOrder, by_count, in_order
from vid2pose3d.detect.foreign.sights import Collector, Sights, corners, floats
from vid2pose3d.errors import InputError
from vid2pose3d.plain_npz import load_entry
from vid2pose3d.skeleton import JOINT_SETS

_LAYOUTS = {"coco": "coco17", "h36m": "h36m17", **{name: name for name in JOINT_SETS}}


def recognises(content: Content) -> bool:
    names = set(content.value) if content.kind == "npz" else set()
    return "positions_2d" in names or {"keypoints", "metadata"} <= names


def read(content: Content, request: Request) -> Sights:
    """Raises InputError where the file is damaged, holds several clips or views, or joints of an unknown layout."""
    path = content.path
    if content.files:
        raise InputError(f"{path} holds several .npz files; give the one of this clip")
    metadata = load_entry(path, "metadata") if "metadata" in content.value else {}
    metadata = metadata if isinstance(metadata, dict) else {}
    rows = Collector(path)
    if "positions_2d" not in content.value:
        _add_frames(rows, path, "boxes" in content.value)
        return rows.sights(_order(rows, path, metadata, request), first=0, size=_size(metadata))
    clip, arrays = _chosen(load_entry(path, "positions_2d"), path, request)
    if "vid2pose3d" in content.value:
        extra = json.loads(str(load_entry(path, "vid2pose3d")))
        for number, array in zip(extra["ids"], arrays, strict=True):
            _add_own(rows, path, number, array)
        return rows.sights(_order(rows, path, metadata, request), first=0, **read_extra(extra))
    if len(arrays) > 1:
        raise InputError(f"{path}: {clip} has {len(arrays)} arrays (cameras); give a file with one")
    _add_array(rows, path, arrays[0])
    size = _size((metadata.get("video_metadata") or {}).get(clip) or {})
    return rows.sights(_order(rows, path, metadata, request), first=0, size=size)


def _chosen(positions: Any, path: Path, request: Request) -> tuple[str, list[Any]]:
    """The clip that is meant, and its arrays."""
    try:
        clips = {(clip, action): arrays for clip, actions in positions.items() for action, arrays in actions.items()}
    except AttributeError as error:
        raise InputError(f"{path}: positions_2d must be dictionaries of arrays by clip and action") from error
    fitting = [key for key in clips if request.clip_name in (key[0], Path(str(key[0])).stem)] if len(clips) > 1 \
        else list(clips)
    if len(fitting) != 1:
        names = ", ".join(sorted({str(clip) for clip, _ in clips})[:6])
        raise InputError(f"{path} holds {len(clips)} clips ({names}); give a file of one, or the video that is called "
                         "like one of them")
    return str(fitting[0][0]), list(clips[fitting[0]])


def _add_array(rows: Collector, path: Path, array: Any) -> None:
    joints = floats(array, path, "keypoints")
    if joints.ndim != 3 or joints.shape[2] not in (2, 3):
        raise InputError(f"{path}: keypoints have shape {joints.shape}; frames x joints x 2 are needed")
    if joints.shape[2] == 2:
        joints = np.concatenate([joints, np.ones((*joints.shape[:2], 1))], axis=-1)
    for number, row in enumerate(joints):
        rows.add(number, row, id=1)


def _add_own(rows: Collector, path: Path, number: int, array: Any) -> None:
    """A person whom this program wrote: positions for every frame, and beside them what is known of which frames."""
    known = {name: load_entry(path, f"vid2pose3d_{number}_{name}")
             for name in ("frames", "times", "confidence", "unknown", "bbox", "interpolated")}
    for i, frame in enumerate(known["frames"].tolist()):
        xy = np.where(known["unknown"][i][:, None], np.nan, array[frame])
        rows.list_frame(frame, known["times"][i])
        rows.add(frame, np.column_stack([xy, known["confidence"][i]]), id=number, bbox=known["bbox"][i],
                 interpolated=bool(known["interpolated"][i]))


def _add_frames(rows: Collector, path: Path, boxed: bool) -> None:
    """Detectron's people, frame by frame. Its probabilities are those of a cell of a heat map: no confidences."""
    keypoints = load_entry(path, "keypoints")
    if isinstance(keypoints, np.ndarray) and keypoints.dtype != object:
        _add_array(rows, path, keypoints)
        return
    boxes = load_entry(path, "boxes") if boxed else [None] * len(keypoints)
    if len(boxes) != len(keypoints):
        raise InputError(f"{path}: boxes of {len(boxes)} frames, keypoints of {len(keypoints)}; write the file again")
    for number, (frame, box) in enumerate(zip(keypoints, boxes, strict=True)):
        rows.list_frame(number)
        people = floats(frame[1], path, f"keypoints of frame {number}")
        found = np.empty((0, 5)) if box is None else floats(box[1], path, f"boxes of frame {number}")
        if people.size and (people.ndim != 3 or people.shape[1] not in (3, 4)):
            raise InputError(f"{path}: keypoints of frame {number} have shape {people.shape}; people x 4 x joints are "
                             "needed")
        for i in range(len(people) if people.size else 0):
            joints = np.column_stack([people[i, :2].T, np.ones(people.shape[2])])
            known = i < len(found)
            rows.add(number, joints, bbox=corners(found[i], path, "boxes") if known else None,
                     score=float(found[i][4]) if known and len(found[i]) > 4 else None)


def _order(rows: Collector, path: Path, metadata: dict[str, Any], request: Request) -> JointOrder:
    layout = metadata.get("layout_name")
    if request.joints is None and layout is not None:
        if layout not in _LAYOUTS:
            raise InputError(f"{path}: its layout {layout!r} is unknown; known are {', '.join(_LAYOUTS)}")
        return by_count(rows.joint_count or 17, path, chosen=JOINT_SETS[_LAYOUTS[layout]]) if rows.joint_count else \
            in_order(JOINT_SETS[_LAYOUTS[layout]])
    return by_count(rows.joint_count or 17, path, chosen=request.joints)


def _size(video: dict[str, Any]) -> tuple[int, int] | None:
    return (int(video["w"]), int(video["h"])) if video.get("w") and video.get("h") else None
