"""The main job: read a clip, find people's joints, give each one identity, lift to 3D, place in the world, write."""

import glob
import os
import platform
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vid2pose3d import __version__
from vid2pose3d.camera import guess_camera
from vid2pose3d.camera_motion import BackgroundTracker, at_rest, focal_from_turning, judge, moving_again
from vid2pose3d.detect.base import Detector, DetectorOptions
from vid2pose3d.detect.registry import create_detector
from vid2pose3d.device import choose_device, choose_precision
from vid2pose3d.errors import InputError
from vid2pose3d.export.bvh import write_bvh
from vid2pose3d.export.foreign import WRITERS
from vid2pose3d.export.json import read_json, write_json
from vid2pose3d.given_keypoints import check_picture, given_people
from vid2pose3d.lift import Lifter
from vid2pose3d.motion import Camera, Detections, LiftedPoses, Person2D, Recording
from vid2pose3d.outputs import OutputSet, output_set
from vid2pose3d.place import clean_motion, place_people
from vid2pose3d.refine.refiner import Refiner
from vid2pose3d.render import (
    TURN,
    reprojections,
    write_overlay,
    write_page,
    write_sheet,
    write_side_by_side,
    write_view3d,
)
from vid2pose3d.reporter import Reporter
from vid2pose3d.settings import Settings, View, check_range, cleaning
from vid2pose3d.skeleton import H36M17, to_h36m17
from vid2pose3d.stopwatch import Stopwatch
from vid2pose3d.track import Tracker
from vid2pose3d.video import Frame, VideoReader
from vid2pose3d.weights import DEFAULT as DEFAULT_WEIGHTS

MOST_DETECTOR_THREADS = 4
"""The detector's networks are small: more threads do not make them faster."""


@dataclass
class Result:
    """What a finished job made."""

    recording: Recording
    files: list[Path] = field(default_factory=list)


def run(clip: Path | None, folder: Path, settings: Settings, *, overwrite: bool, reporter: Reporter) -> Result:
    """Clip in; `<clip>.json`, a BVH per person and an overlay video in `folder` out.

    Without a clip the 2D of `settings.keypoints` is lifted, whose name the files then have, and there is no overlay.
    Raises InputError for what the user can mend; then, as after any other exception, `folder` is as it was.
    """
    settings.check()
    watch = Stopwatch()
    name = clip or settings.keypoints
    if name is None:
        raise InputError("no CLIP; give a video, or 2D keypoints with --from")
    with _outputs(name, folder, overwrite) as outputs:
        device = choose_device(settings.device)
        choose_precision(settings.precision, device)
        with watch("load"):
            source = _source(clip, settings, reporter)
            lifter = Lifter.load(settings.weights or DEFAULT_WEIGHTS, device=device, precision=settings.precision)
            torch.set_num_threads(min(torch.get_num_threads(), usable_cpus()))
            refiner = _refiner(lifter, settings, device, reporter)
        _say_prompt(lifter, settings.action, reporter)
        if lifter.deterministic:
            settings = replace(settings, hypotheses=1, iterations=1)
            reporter.note("these weights give one pose: H = K = 1")
        background = BackgroundTracker()
        if isinstance(source, Detections):
            found = source
            if clip is not None:
                with watch("camera"):
                    watch_background(clip, found.people, background, reporter=reporter)
        else:
            found = find_people(name, source, start=settings.start, end=settings.end, watch=watch, reporter=reporter,
                                background=background)
        chosen = choose_people(found.people, settings.person)
        check_heights(found.people, settings.height)
        for person in chosen:
            lifter.check_joints(person.joint_set)
        camera = guess_camera(found.clip.width, found.clip.height, focal=settings.focal or found.clip.focal)
        turned = None
        if camera.assumed:
            with watch("camera"):
                turned = focal_from_turning(background.background, camera.intrinsics)
            if turned is not None:
                camera = guess_camera(found.clip.width, found.clip.height, focal=turned.pixels)
        if settings.focal is None:
            origin = "assumed" if camera.assumed else "from the camera's turning" if turned else "from the file"
            reporter.note(f"focal length {origin}: {camera.intrinsics[0, 0]:.0f} px; --focal sets it")
        with watch("camera"):
            verdict = judge(background.background, camera)
        camera = verdict.camera
        if verdict.says:
            (reporter.warn if verdict.doubtful else reporter.note)(verdict.says)
        resting = [at_rest(person, camera) for person in chosen]
        with watch("lift"):
            poses = _lift(lifter, resting, camera, settings, reporter)
        people = [_with_17_joints(person) for person in resting]
        if refiner is not None:
            with watch("refine"):
                poses = [replace(pose, joints=refiner.refine_track(person, pose.joints, camera, progress))
                         for person, pose, progress in zip(people, poses, by_person("refine", len(people), reporter),
                                                           strict=True)]
        with watch("place"):
            steps = cleaning(asdict(settings))
            placed = place_people(people, [pose.joints for pose in poses], camera, steps, heights=settings.height)
            camera, motions = moving_again([_with_17_joints(person) for person in chosen], placed)
            _say_travel(verdict.camera, camera, reporter)
            motions = [replace(clean_motion(motion, camera, steps), uncertainty=pose.uncertainty,
                               uncertainty_kind=pose.uncertainty_kind)
                       for motion, pose in zip(motions, poses, strict=True)]
        used = _record(settings, found.detector, lifter, refiner, str(device))
        recording = Recording(found.clip, settings.action, used, camera, motions, watch.seconds)
        _write(outputs, name, clip, recording, watch, settings, reporter)
        return Result(recording, outputs.publish())


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


def render(
    result: Path, path: Path, *, view: View, video: Path | None, turn: float = TURN, reporter: Reporter
) -> None:
    """Draw the result file of `run` as the file `path`: a video, a page or a contact sheet.

    video: its clip, which `overlay` and `both` need and `html` and `sheet` show where it is given. turn: degrees per
    second by which a 3D video's view circles. Raises InputError where one of the files cannot be used or the clip is
    not the one that the result is about.
    """
    recording = read_json(result)

    def progress(done: int, total: int) -> None:
        reporter.progress("render", done, total or None)

    with ExitStack() as stack:
        reader = None
        if video is not None and view != "3d":
            start, end = recording.settings.get("start"), recording.settings.get("end")
            reader = stack.enter_context(VideoReader(video, start=start, end=end))
            check_picture(result, recording.clip, reader.clip)
        if view == "html":
            write_page(path, recording, reader=reader, progress=progress)
        elif view == "sheet":
            write_sheet(path, recording, reader=reader, progress=progress)
        elif reader is None:
            write_view3d(path, recording, turn=turn, progress=progress)
        elif view == "overlay":
            people = [motion.person for motion in recording.people]
            write_overlay(path, reader, people, reprojected=reprojections(recording), action=recording.action,
                          progress=progress)
        else:
            write_side_by_side(path, reader, recording, turn=turn, progress=progress)


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


def _outputs(clip: Path, folder: Path, overwrite: bool) -> AbstractContextManager[OutputSet]:
    stem = glob.escape(clip.stem)
    numbered = f"{stem}_person[0-9][0-9]"
    patterns = [f"{stem}.json", f"{numbered}.bvh", f"{numbered}[0-9].bvh", f"{stem}_overlay.mp4"]
    return output_set(folder, patterns, overwrite=overwrite)


def usable_cpus() -> int:
    """CPUs that this process may use; more threads than that slow networks down."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _detector(settings: Settings, reporter: Reporter) -> Detector:
    def path(name: str | None) -> Path | None:
        return Path(name) if name else None

    options = DetectorOptions(
        weights=path(settings.detector_weights), person_detector=settings.person_detector,
        person_weights=path(settings.person_detector_weights), trust_checkpoint=settings.trust_checkpoint,
        device=settings.device, threads=min(usable_cpus(), MOST_DETECTOR_THREADS), progress=reporter.progress,
    )
    return create_detector(settings.detector, options)


def _say_prompt(lifter: Lifter, action: str | None, reporter: Reporter) -> None:
    if not lifter.takes_action:
        if action is not None:
            reporter.note(f"--action {action}: not used, because these weights take no action")
        return
    if action is None:
        reporter.note("no --action: the neutral prompt is used")
        return
    unknown = lifter.unknown_words(action)
    if unknown:
        reporter.note(f"the weights were not trained on: {', '.join(unknown)}")
    unread = lifter.unread_words(action)
    if unread:
        reporter.note(f"the weights read only the first words of the prompt, not: {' '.join(unread)}")


def _say_travel(judged: Camera, camera: Camera, reporter: Reporter) -> None:
    """judged: the camera before feet told how far it travels."""
    if judged.path is None or camera.path is None or judged.path.metric:
        return
    if camera.motion == "relative":
        reporter.warn("nobody's feet tell how far the camera travels: the world is relative to the camera's place, and "
                      "only its turning is taken out")
        return
    steps = np.diff(camera.path.world_from_camera[:, :3, 3], axis=0)
    reporter.note(f"the camera travels {np.linalg.norm(steps, axis=1).sum():.1f} m, as standing feet tell")


def _source(clip: Path | None, settings: Settings, reporter: Reporter) -> Detections | Detector:
    """The 2D that --from gives, or the detector that is to find it; the clip was then seen to be readable."""
    if clip is not None:
        with VideoReader(clip, start=settings.start, end=settings.end):
            pass
    if settings.keypoints is None:
        return _detector(settings, reporter)
    return given_people(clip, settings, reporter)


def _with_17_joints(person: Person2D) -> Person2D:
    xy, confidence = to_h36m17(person.xy, person.confidence, person.joint_set)
    return replace(person, joint_set=H36M17, xy=xy, confidence=confidence)


def _area(person: Person2D) -> float:
    sides = person.bbox[:, 2:] - person.bbox[:, :2]
    return float(np.nansum(sides[:, 0] * sides[:, 1]))


def _lift(
    lifter: Lifter, people: list[Person2D], camera: Camera, settings: Settings, reporter: Reporter
) -> list[LiftedPoses]:
    return [
        lifter.lift(
            person, camera, action=settings.action, hypotheses=settings.hypotheses, iterations=settings.iterations,
            seed=settings.seed, aggregation=settings.aggregation, progress=progress,
        )
        for person, progress in zip(people, by_person("lift", len(people), reporter), strict=True)
    ]


def by_person(stage: str, people: int, reporter: Reporter) -> list[Callable[[int, int], None]]:
    """For each person what tells how much of a stage is done: "lift 1/3" and so on."""
    def told(name: str) -> Callable[[int, int], None]:
        return lambda done, total: reporter.progress(name, done, total)

    return [told(f"{stage} {number}/{people}") for number in range(1, people + 1)]


def _refiner(lifter: Lifter, settings: Settings, device: torch.device, reporter: Reporter) -> Refiner | None:
    if not settings.refine and settings.refiner is None:
        return None
    return Refiner.load(settings.refiner, base=lifter.name, base_sha256=lifter.sha256, device=device,
                        reporter=reporter)


def _record(
    settings: Settings, detector: str, lifter: Lifter, refiner: Refiner | None, device: str
) -> dict[str, Any]:
    """Every option used, in the words of the command line, and the versions that used them."""
    used = asdict(settings)
    used["from"] = settings.keypoints and str(settings.keypoints)
    used |= asdict(cleaning(used))
    del used["keypoints"], used["refine"]
    packages = ("torch", "numpy", "av", "ai-edge-litert")
    return {
        **used,
        "detector": detector,
        "device": device,
        "weights": {"name": lifter.name, "sha256": lifter.sha256},
        "refiner": refiner and refiner.record(),
        "versions": {
            "vid2pose3d": __version__,
            "python": platform.python_version(),
            **{package: version(package) for package in packages},
        },
    }


def _write(
    outputs: OutputSet, name: Path, clip: Path | None, recording: Recording, watch: Stopwatch, settings: Settings,
    reporter: Reporter,
) -> None:
    """name: the path that the files are called after. clip: the video to draw over, where there is one."""
    people = [motion.person for motion in recording.people]
    if clip is not None:
        with watch("overlay"), VideoReader(clip, start=settings.start, end=settings.end) as reader:
            write_overlay(
                outputs.add(f"{name.stem}_overlay.mp4"), reader, people, reprojected=reprojections(recording),
                action=recording.action, progress=lambda done, total: reporter.progress("overlay", done, total or None),
            )
    with watch("write"):
        for motion in recording.people:
            path = outputs.add(f"{name.stem}_person{motion.person.id:02d}.bvh")
            write_bvh(path, motion, fps=recording.clip.fps, unit=settings.unit)
    write_json(outputs.add(f"{name.stem}.json"), recording)
