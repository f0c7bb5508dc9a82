"""The main job: read a clip, find people's joints, give each one identity, lift to 3D, place in the world, write."""

import glob
import platform
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from vid2pose3d import __version__
from vid2pose3d.camera import guess_camera
from vid2pose3d.camera_motion import BackgroundTracker, at_rest, focal_from_turning, judge, moving_again
from vid2pose3d.detect.base import Detector
from vid2pose3d.detect.registry import LEAN
from vid2pose3d.device import choose_device, choose_precision, usable_cpus
from vid2pose3d.errors import InputError
from vid2pose3d.export.bvh import write_bvh
from vid2pose3d.export.json import write_json
from vid2pose3d.finding import check_heights, choose_people, find_people, find_source, watch_background
from vid2pose3d.lift import Lifter
from vid2pose3d.motion import Camera, Clip, Detections, LiftedPoses, Person2D, Recording
from vid2pose3d.outputs import OutputSet, output_set
from vid2pose3d.place import Clues, clean_motion, place_people
from vid2pose3d.render import reprojections, write_overlay
from vid2pose3d.reporter import Reporter, by_person
from vid2pose3d.settings import Settings, cleaning
from vid2pose3d.skeleton import H36M17, to_h36m17
from vid2pose3d.stopwatch import Stopwatch
from vid2pose3d.track import exchange_said, put_right, strays_said, without_strays
from vid2pose3d.video import VideoReader
from vid2pose3d.weights import DEFAULT as DEFAULT_WEIGHTS

if TYPE_CHECKING:
    from vid2pose3d.refine.refiner import Refiner


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
            source = find_source(clip, settings, reporter)
            lifter = Lifter.load(settings.weights or DEFAULT_WEIGHTS, device=device, precision=settings.precision)
            torch.set_num_threads(min(torch.get_num_threads(), usable_cpus()))
            refiner = _refiner(lifter, settings, device, reporter)
        _say_prompt(lifter, settings.action, reporter)
        if lifter.deterministic:
            settings = replace(settings, hypotheses=1, iterations=1)
            reporter.note("these weights give one pose: H = K = 1")
        background = BackgroundTracker()
        found = _find(clip, source, settings, background, watch, reporter)
        chosen = choose_people(found.people, settings.person)
        check_heights(found.people, settings.height)
        for person in chosen:
            lifter.check_joints(person.joint_set)
        steps = cleaning(asdict(settings))
        if steps.sides:
            chosen = _with_sides_right(chosen, reporter)
        if steps.repair:
            chosen = _without_strays(chosen, found.people, reporter)
        with watch("camera"):
            seen_by = _judge_camera(found.clip, background, settings, reporter)
        resting = [at_rest(person, seen_by) for person in chosen]
        with watch("lift"):
            poses = _lift(lifter, resting, seen_by, settings, reporter)
        people = [_with_17_joints(person) for person in resting]
        if refiner is not None:
            with watch("refine"):
                poses = [replace(pose, joints=refiner.refine_track(person, pose.joints, seen_by, progress))
                         for person, pose, progress in zip(people, poses, by_person("refine", len(people), reporter),
                                                           strict=True)]
        with watch("place"):
            clues = Clues(background.backdrop.lines(seen_by), lean=LEAN.get(found.detector, 0.0))
            placed = place_people(people, [pose.joints for pose in poses], seen_by, steps, heights=settings.height,
                                  clues=clues)
            camera, motions = moving_again([_with_17_joints(person) for person in chosen], placed)
            _say_travel(seen_by, camera, reporter)
            motions = [replace(clean_motion(motion, camera, steps), uncertainty=pose.uncertainty,
                               uncertainty_kind=pose.uncertainty_kind)
                       for motion, pose in zip(motions, poses, strict=True)]
        used = _record(settings, found.detector, lifter, refiner, str(device))
        recording = Recording(found.clip, settings.action, used, camera, motions, watch.seconds)
        _write(outputs, name, clip, recording, watch, settings, reporter)
        return Result(recording, outputs.publish())


def _find(clip: Path | None, source: Detections | Detector, settings: Settings, background: BackgroundTracker,
          watch: Stopwatch, reporter: Reporter) -> Detections:
    """Everyone's 2D; `background` sees the clip's frames, if there is a clip."""
    if not isinstance(source, Detections):
        assert clip is not None
        return find_people(clip, source, start=settings.start, end=settings.end, watch=watch, reporter=reporter,
                           background=background)
    if clip is not None:
        with watch("camera"):
            watch_background(clip, source.people, background, reporter=reporter)
    return source


def _judge_camera(clip: Clip, background: BackgroundTracker, settings: Settings, reporter: Reporter) -> Camera:
    """The camera with its focal length and what it does, both of which are said."""
    camera = guess_camera(clip.width, clip.height, focal=settings.focal or clip.focal)
    turned = focal_from_turning(background.background, camera.intrinsics) if camera.assumed else None
    if turned is not None:
        camera = replace(guess_camera(clip.width, clip.height, focal=turned.pixels), focal_error=turned.error)
    if settings.focal is None:
        origin = "assumed" if camera.assumed else "from the camera's turning" if turned else "from the file"
        reporter.note(f"focal length {origin}: {camera.intrinsics[0, 0]:.0f} px; --focal sets it")
    verdict = judge(background.background, camera)
    if verdict.says:
        (reporter.warn if verdict.doubtful else reporter.note)(verdict.says)
    return verdict.camera


def _outputs(clip: Path, folder: Path, overwrite: bool) -> AbstractContextManager[OutputSet]:
    stem = glob.escape(clip.stem)
    numbered = f"{stem}_person[0-9][0-9]"
    patterns = [f"{stem}.json", f"{numbered}.bvh", f"{numbered}[0-9].bvh", f"{stem}_overlay.mp4"]
    return output_set(folder, patterns, overwrite=overwrite)


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


def _with_sides_right(people: list[Person2D], reporter: Reporter) -> list[Person2D]:
    right = []
    for person in people:
        fixed, exchanged = put_right(person)
        if exchanged.any():
            reporter.note(exchange_said(person, exchanged))
        right.append(fixed)
    return right


def _without_strays(people: list[Person2D], everyone: list[Person2D], reporter: Reporter) -> list[Person2D]:
    kept = []
    for person in people:
        fixed, strays = without_strays(person, everyone)
        said = strays_said(person, strays)
        if said:
            reporter.note(said)
        kept.append(fixed)
    return kept


def _with_17_joints(person: Person2D) -> Person2D:
    xy, confidence = to_h36m17(person.xy, person.confidence, person.joint_set)
    return replace(person, joint_set=H36M17, xy=xy, confidence=confidence)


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


def _refiner(lifter: Lifter, settings: Settings, device: torch.device, reporter: Reporter) -> "Refiner | None":
    if not settings.refine and settings.refiner is None:
        return None
    from vid2pose3d.refine.refiner import Refiner  # imports scipy.signal, which takes a second

    return Refiner.load(settings.refiner, base=lifter.name, base_sha256=lifter.sha256, device=device,
                        reporter=reporter)


def _record(
    settings: Settings, detector: str, lifter: Lifter, refiner: "Refiner | None", device: str
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
