"""What the writers of foreign formats share: rows of joints, people by frame, and what is added for the way back."""

from collections import defaultdict
from typing import Any

import numpy as np

from vid2pose3d.documents import CONFIDENCE_DECIMALS, PIXEL_DECIMALS, SECOND_DECIMALS, rounded
from vid2pose3d.motion import Clip, Person2D
from vid2pose3d.skeleton import COCO17, JointSet
from vid2pose3d.tracks_json import video_entry


def by_frame(people: list[Person2D]) -> dict[int, list[tuple[Person2D, int]]]:
    """People and their rows for each frame in which anybody is."""
    found = defaultdict(list)
    for person in people:
        for row, frame in enumerate(person.frames.tolist()):
            found[frame].append((person, row))
    return found


def joint_set_of(people: list[Person2D]) -> JointSet:
    """The one joint set of all people. Raises ValueError where there are several."""
    sets = {person.joint_set.name: person.joint_set for person in people} or {COCO17.name: COCO17}
    if len(sets) > 1:
        raise ValueError(f"people of several joint sets: {', '.join(sets)}")
    return next(iter(sets.values()))


def joints(person: Person2D, row: int) -> np.ndarray:
    """(J, 3) x, y, confidence of one frame, rounded; zeros where unknown, as all these formats have it."""
    xy, confidence = person.xy[row], person.confidence[row]
    known = np.isfinite(xy).all(axis=-1)
    table = np.column_stack([rounded(xy, PIXEL_DECIMALS), rounded(np.nan_to_num(confidence), CONFIDENCE_DECIMALS)])
    return np.where(known[:, None], table, 0.0)


def box(person: Person2D, row: int) -> list[float] | None:
    """x0, y0, x1, y1 of one frame, rounded; None where unknown."""
    corners = rounded(person.bbox[row], PIXEL_DECIMALS)
    return corners.tolist() if np.isfinite(corners).all() else None


def score(person: Person2D, row: int) -> float:
    """Mean confidence of the known joints of one frame."""
    known = np.isfinite(person.xy[row]).all(axis=-1)
    return round(float(person.confidence[row][known].mean()), CONFIDENCE_DECIMALS) if known.any() else 0.0


def time(person: Person2D, row: int) -> float:
    return round(float(person.times[row]), SECOND_DECIMALS)


def extra(clip: Clip, detector: str) -> dict[str, Any]:
    """What stands under `vid2pose3d`."""
    return {"video": video_entry(clip), "detector": detector}
