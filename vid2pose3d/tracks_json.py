"""How clips and people's 2D tracks stand in this program's JSON documents."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from vid2pose3d.documents import (
    CONFIDENCE_DECIMALS,
    PIXEL_DECIMALS,
    SECOND_DECIMALS,
    increasing,
    line,
    numbers,
    rounded,
    table,
)
from vid2pose3d.motion import Clip, Person2D
from vid2pose3d.skeleton import JointSet


def video_entry(clip: Clip) -> dict[str, Any]:
    """The `video` object: everything known about the clip but its folder."""
    return {
        "name": clip.name, "width": clip.width, "height": clip.height, "fps": clip.fps, "frames": clip.frames,
        "duration": round(clip.duration, SECOND_DECIMALS), "rotation": clip.rotation,
    }


def read_clip(video: dict[str, Any]) -> Clip:
    """The clip of a valid `video` object; its path is the bare name."""
    known = ("width", "height", "fps", "frames", "duration", "rotation")
    return Clip(path=Path(video["name"]), **{key: video[key] for key in known})


def track_entries(person: Person2D) -> Iterator[tuple[str, Iterable[str]]]:
    """Keys and JSON text of a person's 2D track; each joint's row is x, y, confidence."""
    confidence = np.nan_to_num(person.confidence)[..., None]
    keypoints = np.concatenate(
        [rounded(person.xy, PIXEL_DECIMALS), rounded(confidence, CONFIDENCE_DECIMALS)], axis=-1
    )
    yield "frames", line(person.frames)
    yield "times", line(rounded(person.times, SECOND_DECIMALS))
    yield "keypoints_2d", table(keypoints)
    yield "bbox", table(rounded(person.bbox, PIXEL_DECIMALS))
    yield "interpolated", line(person.interpolated)


def read_track(path: Path, entry: dict[str, Any], joint_set: JointSet) -> Person2D:
    """The 2D track in a person's object of the document at `path`. Raises InputError where its lists do not fit."""
    count = len(entry["frames"])
    frames = increasing(path, entry, "frames", count).astype(int)
    times = increasing(path, entry, "times", count)
    keypoints = numbers(path, entry, "keypoints_2d", (count, len(joint_set), 3))
    confidence = np.nan_to_num(np.clip(keypoints[..., 2], 0.0, 1.0))
    interpolated = numbers(path, entry, "interpolated", (count,), low=0, high=1, known=True)
    return Person2D(
        id=entry["id"], joint_set=joint_set, frames=frames, times=times, xy=keypoints[..., :2],
        confidence=confidence, bbox=numbers(path, entry, "bbox", (count, 4)), interpolated=interpolated > 0,
    )
