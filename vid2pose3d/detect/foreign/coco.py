"""COCO's results and annotations of keypoints.

Layout: https://cocodataset.org/#format-data and #format-results. Results are a list of {image_id, category_id,
keypoints (x, y, score of each joint), score}; annotations are an object with `images` (id, file_name, width, height),
`annotations` (image_id, keypoints (x, y, visibility 0 to 2), bbox (x, y, width, height)) and `categories` with the
joints' names. Of the many kinds of video annotations `track_id` (also `instance_id`), `frame_id` (also `frame_index`)
and `videos` are read, as CocoVID has them (https://mmtracking.readthedocs.io, dataset preparation).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vid2pose3d.detect.foreign.content import Content, Request, picture_number
from vid2pose3d.detect.foreign.extra import read_extra
from vid2pose3d.detect.foreign.joints import JointOrder, by_count, by_names
from vid2pose3d.detect.foreign.sights import Collector, Sights, corners, floats, triples, whole_number
from vid2pose3d.errors import InputError
from vid2pose3d.skeleton import COCO17

_FRAME_KEYS = ("frame_id", "frame_index", "frame_number")
_ID_KEYS = ("track_id", "instance_id")
_VISIBILITY = np.array([0.0, 0.5, 1.0])
"""Confidence of a joint that was not labelled, labelled though hidden, and seen."""


def recognises(content: Content) -> bool:
    """Annotations, or results by picture number or with COCO's boxes."""
    value = content.value
    if content.kind != "json" or content.files:
        return False
    if isinstance(value, dict):
        return isinstance(value.get("annotations"), list) and isinstance(value.get("images"), list)
    entry = value[0] if isinstance(value, list) and value else None
    return isinstance(entry, dict) and {"image_id", "category_id", "keypoints", "score"} <= set(entry) \
        and (not isinstance(entry["image_id"], str) or "bbox" in entry)


def read(content: Content, request: Request) -> Sights:
    """Raises InputError where the file is damaged, of several clips, or of pictures of several sizes."""
    path, value = content.path, content.value
    rows = Collector(path)
    if isinstance(value, list):
        for entry in value:
            _add(rows, path, entry, _image_number(entry, path), graded=False)
        order = by_count(rows.joint_count or len(COCO17), path, chosen=request.joints)
        return rows.sights(order, first=0)
    images = _by_id(value["images"], path)
    numbers = _numbers(list(images.values()), path)
    for image in images.values():
        rows.list_frame(numbers[image["id"]], image.get("time"))
    for entry in value["annotations"]:
        number = _image_number(entry, path)
        if number not in numbers:
            raise InputError(f"{path}: an annotation has image_id {number}, but no such picture; write the file again")
        if entry.get("keypoints"):
            _add(rows, path, entry, numbers[number], graded=True)
    extra = read_extra(value.get("vid2pose3d")) or {"size": _size(list(images.values()), path),
                                                     "fps": _rate(value.get("videos"))}
    return rows.sights(_order(rows, value, path, request), first=0, **extra)


def _add(rows: Collector, path: Path, entry: Any, number: int, *, graded: bool) -> None:
    """graded: whether the third number of a joint may be a visibility."""
    place = f"keypoints of picture {entry['image_id']}"
    joints = triples(entry.get("keypoints"), path, place)
    if "keypoint_scores" in entry:
        scores = floats(entry["keypoint_scores"], path, place)
        if scores.shape != joints.shape[:1]:
            raise InputError(f"{path}: {place}: {len(scores)} keypoint_scores for {len(joints)} joints; write the "
                             "file again")
        joints[:, 2] = scores
    elif graded and np.isin(joints[:, 2], (0, 1, 2)).all():
        joints[joints[:, 2] == 0, :2] = np.nan
        joints[:, 2] = _VISIBILITY[joints[:, 2].astype(int)]
    track = next((entry[key] for key in _ID_KEYS if entry.get(key) is not None), None)
    rows.add(number, joints, id=None if track is None else whole_number(track, path, "track_id"),
             bbox=corners(entry.get("bbox"), path, "bbox", sized=True), score=entry.get("score"),
             interpolated=bool(entry.get("interpolated")))


def _image_number(entry: Any, path: Path) -> int:
    if not isinstance(entry, dict) or "image_id" not in entry:
        raise InputError(f"{path}: an entry has no image_id; write the file again")
    image = entry["image_id"]
    number = picture_number(image) if isinstance(image, str) else whole_number(image, path, "image_id")
    if number is None:
        raise InputError(f"{path}: image_id {image!r} holds no frame number; number the pictures")
    return number


def _by_id(images: list[Any], path: Path) -> dict[int, dict[str, Any]]:
    """The pictures by id, in the order of their ids. Raises InputError where they are of several videos."""
    if not all(isinstance(image, dict) and "id" in image for image in images):
        raise InputError(f"{path}: a picture has no id; write the file again")
    videos = {image["video_id"] for image in images if "video_id" in image}
    if len(videos) > 1:
        raise InputError(f"{path}: has pictures of {len(videos)} videos; give a file of one clip")
    found = {whole_number(image["id"], path, "id of a picture"): image for image in images}
    return dict(sorted(found.items()))


def _numbers(images: Sequence[dict[str, Any]], path: Path) -> dict[int, int]:
    """Frame numbers by picture id: as stated, else from the file names, else by position."""
    for key in _FRAME_KEYS:
        if images and all(isinstance(image.get(key), int) for image in images):
            return _distinct({image["id"]: image[key] for image in images}, path)
    named = [picture_number(str(image.get("file_name", ""))) for image in images]
    if None not in named and len(set(named)) == len(named):
        return {image["id"]: int(number or 0) for image, number in zip(images, named, strict=True)}
    return {image["id"]: position for position, image in enumerate(images)}


def _distinct(numbers: dict[int, int], path: Path) -> dict[int, int]:
    if len(set(numbers.values())) < len(numbers):
        raise InputError(f"{path}: two pictures have the same frame number; give a file of one clip")
    return numbers


def _size(images: Sequence[dict[str, Any]], path: Path) -> tuple[int, int] | None:
    sizes = sorted({(image.get("width"), image.get("height")) for image in images}, key=str)
    if len(sizes) > 1:
        raise InputError(f"{path}: has pictures of {' and '.join(f'{w} x {h}' for w, h in sizes[:3])} pixels; give a "
                         "file of one clip")
    if not sizes or None in sizes[0]:
        return None
    return whole_number(sizes[0][0], path, "width"), whole_number(sizes[0][1], path, "height")


def _rate(videos: Any) -> float | None:
    rates = [video.get("fps") for video in videos or [] if isinstance(video, dict)]
    return float(rates[0]) if rates and rates[0] else None


def _order(rows: Collector, value: dict[str, Any], path: Path, request: Request) -> JointOrder:
    names = [names for category in value.get("categories", []) if (names := category.get("keypoints"))]
    if request.joints is None and len(names) == 1 and len(names[0]) == (rows.joint_count or len(names[0])):
        return by_names(names[0], path)
    return by_count(rows.joint_count or len(COCO17), path, chosen=request.joints)
