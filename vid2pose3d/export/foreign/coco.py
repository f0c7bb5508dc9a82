"""COCO annotations of keypoints, with CocoVID's videos, frames and tracks (layouts: detect/foreign/coco.py)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from vid2pose3d.documents import compact, entries, listing
from vid2pose3d.export.foreign import rows
from vid2pose3d.files import replacing
from vid2pose3d.motion import Clip, Person2D
from vid2pose3d.skeleton import JointSet


def write(path: Path, clip: Clip, detector: str, people: list[Person2D]) -> None:
    """One file; confidences are `keypoint_scores`, because COCO's third number is a visibility."""
    found = rows.by_frame(people)
    video = {"id": 1, "name": clip.name, "width": clip.width, "height": clip.height, "fps": clip.fps}
    document = entries([
        ("info", [compact({"description": f"{clip.name}, {detector}"})]),
        ("videos", [compact([video])]),
        ("images", listing([compact(_image(clip, frame, found.get(frame))), "\n"] for frame in range(clip.frames))),
        ("annotations", listing([compact(entry), "\n"] for entry in _annotations(found))),
        ("categories", [compact([_category(rows.joint_set_of(people))])]),
        ("vid2pose3d", [compact(rows.extra(clip, detector))]),
    ])
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(document)
        file.write("\n")


def _image(clip: Clip, frame: int, found: list[tuple[Person2D, int]] | None) -> dict[str, Any]:
    image = {"id": frame + 1, "video_id": 1, "frame_id": frame, "file_name": f"{clip.path.stem}_{frame:06d}.jpg",
             "width": clip.width, "height": clip.height}
    return image if not found else {**image, "time": rows.time(*found[0])}


def _annotations(found: dict[int, list[tuple[Person2D, int]]]) -> Iterator[dict[str, Any]]:
    number = 0
    for frame in sorted(found):
        for person, row in found[frame]:
            number += 1
            table = rows.joints(person, row)
            known = np.any(table[:, :2], axis=1).tolist()
            x0, y0, x1, y1 = rows.box(person, row) or (0.0, 0.0, 0.0, 0.0)
            annotation = {
                "id": number, "image_id": frame + 1, "category_id": 1, "track_id": person.id, "iscrowd": 0,
                "num_keypoints": sum(known), "score": rows.score(person, row),
                "keypoints": [value for (x, y, _), seen in zip(table.tolist(), known, strict=True)
                              for value in (x, y, 2 if seen else 0)],
                "keypoint_scores": table[:, 2].tolist(), "interpolated": bool(person.interpolated[row]),
            }
            if rows.box(person, row):
                annotation |= {"bbox": [x0, y0, round(x1 - x0, 2), round(y1 - y0, 2)],
                               "area": round((x1 - x0) * (y1 - y0), 2)}
            yield annotation


def _category(joints: JointSet) -> dict[str, Any]:
    return {"id": 1, "name": "person", "supercategory": "person", "keypoints": list(joints.joints),
            "skeleton": [[parent + 1, child + 1] for parent, child in joints.bones]}
