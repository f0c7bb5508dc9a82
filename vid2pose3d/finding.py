"""Finding people's 2D joints: the detector over a clip, one identity for each person, the background beside them."""

import glob
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from vid2pose3d.camera_motion import BackgroundTracker
from vid2pose3d.detect.base import Detector, DetectorOptions
from vid2pose3d.detect.registry import create_detector
from vid2pose3d.device import usable_cpus
from vid2pose3d.errors import InputError
from vid2pose3d.export.foreign import WRITERS
from vid2pose3d.given_keypoints import given_people
from vid2pose3d.motion import Detections, Person2D
from vid2pose3d.outputs import output_set
from vid2pose3d.reporter import Reporter
from vid2pose3d.settings import Settings, check_range
from vid2pose3d.stopwatch import Stopwatch
from vid2pose3d.track import Tracker
from vid2pose3d.video import Frame, VideoReader

MOST_DETECTOR_THREADS = 4
"""The detector's networks are small: more threads do not make them faster."""


def detect(
    clip: Path, folder: Path, settings: Settings, *, form: str = "vid2pose3d", overwrite: bool, reporter: Reporter,
) -> tuple[Detections, list[Path]]:
    """Clip in; `<clip>_keypoints.json` in `folder` out, or files of another of WRITERS, all of which `run` takes.

    Of the settings, those of the detector, the device and the stretch of time count.
    """
    check_range(settings.start, settings.end)
    writer = WRITERS[form]
    with output_set(folder, [glob.escape(clip.stem) + writer.ending], overwrite=overwrite) as outputs:
        found = find_people(clip, _detector(settings, reporter), start=settings.start, end=settings.end,
                            watch=Stopwatch(), reporter=reporter)
        writer.write(outputs.add, found.clip, found.detector, found.people)
        return found, outputs.publish()


def find_people(
    path: Path, detector: Detector, *, start: float | None = None, end: float | None = None, watch: Stopwatch,
    reporter: Reporter, background: BackgroundTracker | None = None,
) -> Detections:
    """Everyone's 2D joints, in the detector's own joint set, with one id for each person across the clip.

    background: is shown every frame.
    """
    with VideoReader(path, start=start, end=end) as reader:
        clip = reader.clip
        expected = reader.expected_frames or None
        tracker = Tracker(detector.joint_set, width=clip.width, height=clip.height)
        done = 0
        for frames in _batches(watch.around(reader, "decode"), detector.batch):
            with watch("detect"):
                found = detector.detect_frames([frame.image for frame in frames])
            with watch("track"):
                for frame, people_there in zip(frames, found, strict=True):
                    tracker.update(frame.index, frame.time, people_there, frame.image)
            if background is not None:
                with watch("camera"):
                    for frame, people_there in zip(frames, found, strict=True):
                        background.update(frame.index, frame.time, frame.image, [seen.bbox for seen in people_there])
            done += len(frames)
            reporter.progress("detect", done, expected)
        with watch("track"):
            people = tracker.finish()
        for warning in reader.warnings:
            reporter.warn(warning)
        if not people:
            reporter.warn(f"nobody was found in {path}")
        return Detections(reader.clip, detector.name, people)


def watch_background(
    path: Path, people: list[Person2D], background: BackgroundTracker, *, reporter: Reporter
) -> None:
    """Show the clip's frames to `background`; `people` are the tracks of everyone in it."""
    rows = [{int(frame): row for row, frame in enumerate(person.frames)} for person in people]
    with VideoReader(path) as reader:
        for frame in reader:
            boxes = [person.bbox[here[frame.index]] for person, here in zip(people, rows, strict=True)
                     if frame.index in here]
            background.update(frame.index, frame.time, frame.image, boxes)
            reporter.progress("camera", len(background.background.frames), reader.expected_frames or None)


def _batches(frames: Iterable[Frame], size: int) -> Iterator[list[Frame]]:
    rest = iter(frames)
    while batch := list(islice(rest, size)):
        yield batch


def choose_people(people: list[Person2D], choice: str) -> list[Person2D]:
    """Those of `people` that `choice` names: all, largest (most picture area over the clip), or one id.

    Raises InputError, listing the ids, where there is no such person.
    """
    if choice == "all" or (choice == "largest" and not people):
        return people
    if choice == "largest":
        return [max(people, key=_area)]
    chosen = [person for person in people if choice.isdecimal() and person.id == int(choice)]
    if not chosen:
        ids = ", ".join(str(person.id) for person in people) or "nobody"
        raise InputError(f"--person {choice}: there is no such person; the clip has {ids}")
    return chosen


def check_heights(people: list[Person2D], heights: float | dict[int, float] | None) -> None:
    """Raises InputError, listing the ids, where a height is given for someone who is not there."""
    ids = [person.id for person in people]
    for person, metres in heights.items() if isinstance(heights, dict) else ():
        if person not in ids:
            known = ", ".join(map(str, ids)) or "nobody"
            raise InputError(f"--height {person}={metres:g}: there is no such person; the clip has {known}")


def _detector(settings: Settings, reporter: Reporter) -> Detector:
    def path(name: str | None) -> Path | None:
        return Path(name) if name else None

    options = DetectorOptions(
        weights=path(settings.detector_weights), person_detector=settings.person_detector,
        person_weights=path(settings.person_detector_weights), trust_checkpoint=settings.trust_checkpoint,
        device=settings.device, threads=min(usable_cpus(), MOST_DETECTOR_THREADS), progress=reporter.progress,
    )
    return create_detector(settings.detector, options)


def find_source(clip: Path | None, settings: Settings, reporter: Reporter) -> Detections | Detector:
    """The 2D that --from gives, or the detector that is to find it; the clip was then seen to be readable."""
    if clip is not None:
        with VideoReader(clip, start=settings.start, end=settings.end):
            pass
    if settings.keypoints is None:
        return _detector(settings, reporter)
    return given_people(clip, settings, reporter)


def _area(person: Person2D) -> float:
    sides = person.bbox[:, 2:] - person.bbox[:, :2]
    return float(np.nansum(sides[:, 0] * sides[:, 1]))
