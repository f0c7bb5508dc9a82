"""The formats in which keypoints can be written, by name."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vid2pose3d.export.foreign import coco, mmpose, openpose, vp3d
from vid2pose3d.export.keypoints import write_keypoints
from vid2pose3d.motion import Clip, Person2D

Place = Callable[[str], Path]
"""Where to write the file of a name."""


@dataclass(frozen=True)
class KeypointWriter:
    """How one format is written."""

    ending: str
    """What follows the clip's name in the names of the files, as a glob."""
    write: Callable[[Place, Clip, str, list[Person2D]], None]
    """Takes where to write, the clip, the detector's name and the people."""


def _in_one_file(ending: str, write: Callable[[Path, Clip, str, list[Person2D]], None]) -> KeypointWriter:
    def place_and_write(place: Place, clip: Clip, detector: str, people: list[Person2D]) -> None:
        write(place(f"{clip.path.stem}{ending}"), clip, detector, people)

    return KeypointWriter(ending, place_and_write)


WRITERS = {
    "vid2pose3d": _in_one_file("_keypoints.json", write_keypoints),
    "coco": _in_one_file("_coco.json", coco.write),
    "mmpose": _in_one_file("_mmpose.json", mmpose.write),
    "openpose": KeypointWriter(f"_{'[0-9]' * 12}_keypoints.json", openpose.write),
    "vp3d": _in_one_file("_vp3d.npz", vp3d.write),
}
