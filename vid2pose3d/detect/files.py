"""2D keypoints from a file in place of a detector."""

from pathlib import Path
from typing import Any

from vid2pose3d.documents import read_document, schema
from vid2pose3d.errors import InputError
from vid2pose3d.motion import Clip, Person2D
from vid2pose3d.skeleton import joint_set
from vid2pose3d.tracks_json import read_clip, read_track

SCHEMA_FILE = "vid2pose3d-keypoints-1.schema.json"
"""The JSON Schema of the file, in this package."""

_KIND = "a vid2pose3d keypoint file"


def read_keypoints(path: Path) -> tuple[Clip, str, list[Person2D]]:
    """The clip (its path the bare name), the detector's name and the people of a keypoint file.

    Raises InputError, naming the file and what is wrong with it, where it is not such a file.
    """
    document = read_document(path, schema(__package__, SCHEMA_FILE), kind=_KIND)
    people = [_person(path, entry) for entry in document["people"]]
    ids = [person.id for person in people]
    if len(set(ids)) < len(ids):
        raise InputError(f"{path}: two people have the same id; give each person its own")
    return read_clip(document["video"]), document["detector"], people


def _person(path: Path, entry: dict[str, Any]) -> Person2D:
    try:
        joints = joint_set(entry["joint_set"])
    except ValueError as error:
        raise InputError(f"{path}: person {entry['id']}: {error}") from error
    return read_track(path, entry, joints)
