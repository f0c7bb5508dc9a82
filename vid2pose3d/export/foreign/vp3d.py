"""VideoPose3D's data set of 2D keypoints (layout: detect/foreign/vp3d.py)."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from vid2pose3d.documents import CONFIDENCE_DECIMALS, PIXEL_DECIMALS, SECOND_DECIMALS, rounded
from vid2pose3d.export.foreign import rows
from vid2pose3d.files import replacing
from vid2pose3d.motion import Clip, Person2D

_LAYOUTS = {"coco17": "coco", "h36m17": "h36m"}
"""VideoPose3D's own names of joint sets."""


def write(path: Path, clip: Clip, detector: str, people: list[Person2D]) -> None:
    """One file with an array for each person. What was not seen is interpolated, as VideoPose3D's preparation does it;
    which frames and joints these are stands in further entries, which VideoPose3D does not read."""
    joints = rows.joint_set_of(people)
    left, right = ([place for place, name in enumerate(joints.joints) if name.startswith(side)]
                   for side in ("left_", "right_"))
    metadata = {"layout_name": _LAYOUTS.get(joints.name, joints.name), "num_joints": len(joints),
                "keypoints_symmetry": [left, right], "video_metadata": {clip.name: {"w": clip.width, "h": clip.height}}}
    known: dict[str, Any] = {f"vid2pose3d_{person.id}_{name}": value
                             for person in people for name, value in _known(person).items()}
    about = json.dumps({**rows.extra(clip, detector), "ids": [person.id for person in people]})
    with replacing(path) as temporary:
        np.savez_compressed(
            temporary, positions_2d=_object({clip.name: {"custom": [_filled(person, clip) for person in people]}}),
            metadata=_object(metadata), vid2pose3d=np.array(about), **known,
        )


def _known(person: Person2D) -> dict[str, np.ndarray]:
    return {
        "frames": person.frames, "times": rounded(person.times, SECOND_DECIMALS),
        "confidence": rounded(person.confidence, CONFIDENCE_DECIMALS), "bbox": rounded(person.bbox, PIXEL_DECIMALS),
        "unknown": ~np.isfinite(person.xy).all(axis=-1), "interpolated": person.interpolated,
    }


def _filled(person: Person2D, clip: Clip) -> np.ndarray:
    """(F, J, 2) pixels of every frame of the clip; 0 for a joint that is never known."""
    filled = np.zeros((clip.frames, *person.xy.shape[1:]))
    for joint in range(person.xy.shape[1]):
        known = np.isfinite(person.xy[:, joint]).all(axis=-1)
        if known.any():
            for axis in range(2):
                filled[:, joint, axis] = np.interp(np.arange(clip.frames), person.frames[known],
                                                   person.xy[known, joint, axis])
    return rounded(filled, PIXEL_DECIMALS)


def _object(value: Any) -> np.ndarray:
    """A 0-d array that holds a Python object, as NumPy pickles dictionaries."""
    holder = np.empty((), dtype=object)
    holder[()] = value
    return holder
