"""The keypoint file: everyone's 2D tracks, which `run --from` takes in place of detecting."""

from collections.abc import Iterator
from pathlib import Path

from vid2pose3d.documents import compact, entries, listing
from vid2pose3d.files import replacing
from vid2pose3d.motion import Clip, Person2D
from vid2pose3d.tracks_json import track_entries, video_entry

SCHEMA = "vid2pose3d-keypoints/1"


def write_keypoints(path: Path, clip: Clip, detector: str, people: list[Person2D]) -> None:
    """Write the tracks in the detector's own joint set, rounded to 0.01 pixels, a microsecond, 0.001 of confidence.

    Raises InputError where the file cannot be written.
    """
    document = entries([
        ("schema", [compact(SCHEMA)]),
        ("video", [compact(video_entry(clip))]),
        ("detector", [compact(detector)]),
        ("people", listing(_person(person) for person in people)),
    ])
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(document)
        file.write("\n")


def _person(person: Person2D) -> Iterator[str]:
    return entries([
        ("id", [compact(person.id)]),
        ("joint_set", [compact(person.joint_set.name)]),
        *track_entries(person),
    ])
