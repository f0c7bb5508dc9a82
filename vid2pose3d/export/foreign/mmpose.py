"""MMPose predictions with `meta_info` and `instance_info` (layouts: detect/foreign/mmpose.py)."""

from pathlib import Path
from typing import Any

from vid2pose3d.documents import compact, entries, listing
from vid2pose3d.export.foreign import rows
from vid2pose3d.files import replacing
from vid2pose3d.motion import Clip, Person2D
from vid2pose3d.skeleton import JointSet


def write(path: Path, clip: Clip, detector: str, people: list[Person2D]) -> None:
    """One file; frames count from 1, as in MMPose's demos."""
    found = rows.by_frame(people)
    document = entries([
        ("meta_info", [compact(_meta(rows.joint_set_of(people)))]),
        ("instance_info", listing([compact(_frame(frame, found.get(frame, []))), "\n"]
                                  for frame in range(clip.frames))),
        ("vid2pose3d", [compact(rows.extra(clip, detector))]),
    ])
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(document)
        file.write("\n")


def _meta(joints: JointSet) -> dict[str, Any]:
    names = dict(enumerate(joints.joints))
    return {
        "dataset_name": joints.name, "num_keypoints": len(joints),
        "keypoint_id2name": {str(index): name for index, name in names.items()},
        "keypoint_name2id": {name: index for index, name in names.items()},
        "flip_indices": joints.mirror.tolist(), "skeleton_links": [list(bone) for bone in joints.bones],
    }


def _frame(frame: int, found: list[tuple[Person2D, int]]) -> dict[str, Any]:
    content = {"frame_id": frame + 1, "instances": [_instance(person, row) for person, row in found]}
    return {**content, "time": rows.time(*found[0])} if found else content


def _instance(person: Person2D, row: int) -> dict[str, Any]:
    table, box = rows.joints(person, row), rows.box(person, row)
    return {
        "keypoints": table[:, :2].tolist(), "keypoint_scores": table[:, 2].tolist(),
        **({"bbox": [box], "bbox_score": rows.score(person, row)} if box else {}),
        "track_id": person.id, "interpolated": bool(person.interpolated[row]),
    }
