"""The result file: a whole recording as JSON, written and read back."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from vid2pose3d.documents import (
    CONFIDENCE_DECIMALS,
    compact,
    entries,
    increasing,
    line,
    listing,
    numbers,
    read_document,
    rounded,
    schema,
    table,
)
from vid2pose3d.errors import InputError
from vid2pose3d.files import replacing
from vid2pose3d.motion import Camera, CameraPath, Motion3D, Person2D, Recording
from vid2pose3d.skeleton import H36M17
from vid2pose3d.tracks_json import read_clip, read_track, track_entries, video_entry

SCHEMA = "vid2pose3d/1"
SCHEMA_FILE = "vid2pose3d-1.schema.json"
"""The JSON Schema, in this package."""

_KIND = "a vid2pose3d result"
_METRE_DECIMALS, _TRANSFORM_DECIMALS = 4, 7
_TIMING_DECIMALS = 3


def write_json(path: Path, recording: Recording) -> None:
    """Write the recording to `path` as the schema says: UTF-8, no NaN, the rows of one frame at a time.

    Rounded to 0.01 pixels, 0.1 millimetres, a microsecond, 0.001 of confidence. Raises InputError where the file
    cannot be written; ValueError where `recording.settings` holds NaN.
    """
    timing = {stage: round(seconds, _TIMING_DECIMALS) for stage, seconds in recording.timing.items()}
    document = entries([
        ("schema", [compact(SCHEMA)]),
        ("video", [compact(video_entry(recording.clip))]),
        ("settings", [compact(recording.settings)]),
        ("action", [compact(recording.action)]),
        ("camera", _camera(recording.camera)),
        ("skeleton", [compact({"joints": H36M17.joints, "parents": H36M17.parents})]),
        ("people", listing(_person(motion) for motion in recording.people)),
        ("timing", [compact(timing)]),
    ])
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(document)
        file.write("\n")


def _camera(camera: Camera) -> Iterator[str]:
    known = {"K": camera.intrinsics.tolist(), "assumed": camera.assumed, "focal_error": camera.focal_error,
             "world_from_camera": camera.world_from_camera.tolist(), "motion": camera.motion}
    if camera.path is None:
        return iter([compact({**known, "path": None})])
    path = entries([
        ("frames", line(camera.path.frames)),
        ("world_from_camera", table(rounded(camera.path.world_from_camera, _TRANSFORM_DECIMALS))),
    ])
    return entries([*((key, [compact(value)]) for key, value in known.items()), ("path", path)])


def _person(motion: Motion3D) -> Iterator[str]:
    track = dict(track_entries(motion.person))
    interpolated = track.pop("interpolated")
    return entries([
        ("id", [compact(motion.person.id)]),
        *track.items(),
        ("joints_camera", table(rounded(motion.joints_camera, _METRE_DECIMALS))),
        ("joints_world", table(rounded(motion.joints_world, _METRE_DECIMALS))),
        ("confidence", table(rounded(np.nan_to_num(motion.confidence), CONFIDENCE_DECIMALS))),
        ("uncertainty", _uncertainty(motion)),
        ("uncertainty_kind", [compact(motion.uncertainty_kind)]),
        ("stature", [compact(None if motion.stature is None else round(motion.stature, _METRE_DECIMALS))]),
        ("stature_given", [compact(motion.stature_given)]),
        ("interpolated", interpolated),
        ("repaired", _repaired(motion)),
    ])


def _repaired(motion: Motion3D) -> Iterator[str]:
    """Frame and number of each repaired joint."""
    if motion.repaired is None:
        return iter([compact(None)])
    rows, joints = np.nonzero(motion.repaired)
    return table(np.stack([motion.person.frames[rows], joints], axis=-1))


def _uncertainty(motion: Motion3D) -> Iterator[str]:
    if motion.uncertainty is None:
        return iter([compact(None)])
    return table(rounded(motion.uncertainty, _METRE_DECIMALS))


def read_json(path: Path) -> Recording:
    """The recording that `write_json` wrote to `path`; the clip's path is its bare name.

    Raises InputError, naming the file and what is wrong with it, where it is not such a file.
    """
    document = read_document(path, schema(__package__, SCHEMA_FILE), kind=_KIND)
    if tuple(document["skeleton"]["joints"]) != H36M17.joints or (
        tuple(document["skeleton"]["parents"]) != H36M17.parents
    ):
        raise InputError(f"{path}: its skeleton is not Human3.6M's 17 joints in their order; write the file again")
    return Recording(
        clip=read_clip(document["video"]),
        action=document["action"],
        settings=document["settings"],
        camera=_read_camera(path, document["camera"]),
        people=[_read_person(path, entry) for entry in document["people"]],
        timing=document["timing"],
    )


def _read_camera(path: Path, entry: dict[str, Any]) -> Camera:
    place = np.array(entry["world_from_camera"], dtype=float)
    camera = Camera(np.array(entry["K"], dtype=float), entry["assumed"], place, entry.get("motion"),
                    focal_error=entry.get("focal_error"))
    way = entry.get("path")
    if way is None:
        return camera
    way = {f"camera.path.{key}": rows for key, rows in way.items()}
    frames = increasing(path, way, "camera.path.frames", len(way["camera.path.frames"]))
    poses = numbers(path, way, "camera.path.world_from_camera", (len(frames), 4, 4), known=True)
    return replace(camera, path=CameraPath(frames.astype(int), poses))


def _read_person(path: Path, entry: dict[str, Any]) -> Motion3D:
    person = read_track(path, entry, H36M17)
    shape = (len(person), len(H36M17), 3)
    told = entry.get("uncertainty") is not None
    return Motion3D(
        person=person,
        joints_camera=numbers(path, entry, "joints_camera", shape),
        joints_world=numbers(path, entry, "joints_world", shape),
        confidence=numbers(path, entry, "confidence", shape[:2], low=0, high=1, known=True),
        uncertainty=numbers(path, entry, "uncertainty", shape[:2], low=0) if told else None,
        uncertainty_kind=entry.get("uncertainty_kind", "spread") if told else None,  # older files say no kind
        repaired=_read_repaired(path, entry, person),
        stature=entry.get("stature"),
        stature_given=entry.get("stature_given", False),
    )


def _read_repaired(path: Path, entry: dict[str, Any], person: Person2D) -> np.ndarray | None:
    if entry.get("repaired") is None:
        return None
    found = numbers(path, entry, "repaired", (len(entry["repaired"]), 2), low=0, known=True).astype(int)
    if not np.isin(found[:, 0], person.frames).all() or (found[:, 1] >= len(H36M17)).any():
        raise InputError(f"{path}: person {person.id}: repaired names a frame or joint that the person has not")
    marks = np.zeros((len(person), len(H36M17)), dtype=bool)
    marks[np.searchsorted(person.frames, found[:, 0]), found[:, 1]] = True
    return marks
