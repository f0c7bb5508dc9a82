"""MediaPipe's pose landmarks as JSON.

MediaPipe itself writes no file; people dump its results
(https://ai.google.dev/edge/mediapipe/solutions/vision/pose_landmarker, PoseLandmarkerResult, or the older
`mp.solutions.pose` through MessageToDict): a list of frames, or an object with the list under `frames`. A frame is a
list of 33 landmarks, a list of such lists (people), null or empty where nobody is, or an object with these under
`pose_landmarks`, `poseLandmarks`, `landmarks` or `landmark`, and perhaps its number (`frame`, `frame_index`,
`frame_id`). A landmark has x and y, shares of the picture's width and height, and visibility.
"""

from pathlib import Path
from typing import Any

import numpy as np

from vid2pose3d.detect.foreign.content import Content, Request, check_numbers, read_json
from vid2pose3d.detect.foreign.joints import by_count
from vid2pose3d.detect.foreign.sights import Collector, Sights, floats, whole_number
from vid2pose3d.errors import InputError
from vid2pose3d.skeleton import BLAZEPOSE33

_LANDMARKS = ("pose_landmarks", "poseLandmarks", "landmarks", "landmark")
_NUMBERS = ("frame", "frame_index", "frame_id", "frame_number")


def recognises(content: Content) -> bool:
    """Frames in which landmarks have x, y and visibility."""
    if content.kind != "json":
        return False
    value = [content.value] if content.files else _frames(content.value)
    return any(_is_landmark(person[0]) for frame in (value or [])[:1000] for person in _people(frame)[:1] if person)


def read(content: Content, request: Request) -> Sights:
    """Raises InputError where the file is damaged or a person has another number of landmarks than 33."""
    rows = Collector(content.path)
    if content.files:
        for own, path in zip(check_numbers(content), request.over(content.files), strict=True):
            _add(rows, path, own, read_json(path))
    else:
        frames = _frames(content.value) or []
        stated = [number for frame in frames if (number := _number(frame, content.path)) is not None]
        if stated and len(stated) < len(frames):
            raise InputError(f"{content.path}: only some frames have a number; number all of them or none")
        for number, frame in zip(stated or range(len(frames)), frames, strict=True):
            _add(rows, content.path, number, frame)
    order = by_count(rows.joint_count or len(BLAZEPOSE33), content.path, chosen=BLAZEPOSE33)
    return rows.sights(order, first=0, normalised=True)


def _frames(value: Any) -> list[Any] | None:
    if isinstance(value, dict):
        return value["frames"] if isinstance(value.get("frames"), list) else None
    return value if isinstance(value, list) else None


def _people(frame: Any) -> list[Any]:
    """The landmark lists of a frame."""
    while isinstance(frame, dict):
        key = next((key for key in _LANDMARKS if key in frame), None)
        if key is None:
            return []
        frame = frame[key]
    if not isinstance(frame, list) or not frame:
        return []
    if _is_landmark(frame[0]):
        return [frame]
    return [part for person in frame for part in _people(person)] if isinstance(frame[0], list | dict) else []


def _is_landmark(value: Any) -> bool:
    return isinstance(value, dict) and {"x", "y"} <= set(value)


def _number(frame: Any, path: Path) -> int | None:
    if not isinstance(frame, dict):
        return None
    stated = next((frame[key] for key in _NUMBERS if frame.get(key) is not None), None)
    return None if stated is None else whole_number(stated, path, "number of a frame")


def _add(rows: Collector, path: Path, number: int, frame: Any) -> None:
    rows.list_frame(number)
    for person in _people(frame):
        if not all(map(_is_landmark, person)):
            raise InputError(f"{path}: frame {number} has a landmark without x and y; write the file again")
        table = [[point["x"], point["y"], point.get("visibility", 1.0)] for point in person]
        rows.add(number, floats(np.array(table, dtype=object), path, f"landmarks of frame {number}"))
