"""`vid2pose3d run`: a clip in, 3D motion out."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from vid2pose3d.cli import options
from vid2pose3d.cli.console import console
from vid2pose3d.errors import InputError
from vid2pose3d.settings import Settings

if TYPE_CHECKING:
    from vid2pose3d.motion import Camera
    from vid2pose3d.pipeline import Result
    from vid2pose3d.quality import PersonQuality

_DEFAULT = Settings()


def run(
    clip: options.OptionalClip = None,
    action: options.Action = None,
    out: options.Out = None,
    detector: options.DetectorName = None,
    detector_weights: options.DetectorWeights = None,
    person_detector: options.PersonDetector = None,
    person_detector_weights: options.PersonDetectorWeights = None,
    trust_checkpoint: options.TrustCheckpoint = False,
    person: options.PersonChoice = _DEFAULT.person,
    weights: options.Weights = None,
    hypotheses: options.Hypotheses = _DEFAULT.hypotheses,
    iterations: options.Iterations = _DEFAULT.iterations,
    aggregation: options.Aggregation = _DEFAULT.aggregation,
    device: options.Device = _DEFAULT.device,
    precision: options.Precision = _DEFAULT.precision,
    seed: options.Seed = _DEFAULT.seed,
    start: options.Start = None,
    end: options.End = None,
    focal: options.Focal = None,
    height: options.Height = None,
    from_: options.Keypoints = None,
    from_format: options.KeypointFormat = None,
    from_joints: options.KeypointJoints = None,
    video: options.Video = None,
    size: options.Size = None,
    fps: options.Fps = None,
    unit: options.Unit = _DEFAULT.unit,
    clean: options.Clean = _DEFAULT.clean,
    sides: options.Sides = None,
    repair: options.Repair = None,
    smooth: options.Smooth = None,
    bones: options.Bones = None,
    limits: options.Limits = None,
    feet: options.Feet = None,
    floor: options.Floor = None,
    cutoff: options.Cutoff = _DEFAULT.cutoff,
    refine: options.Refine = False,
    refiner: options.RefinerFile = None,
    as_json: options.Json = False,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Lift the people of CLIP to 3D: one JSON, one BVH per person and an overlay video."""
    console.configure(quiet=quiet, verbose=verbose)
    if video is not None and clip is not None:
        raise InputError(f"--video {video}: the clip is {clip} already; give one of them")
    clip = clip or video
    if from_ is not None and not from_.name:
        from_ = from_.resolve()  # "." has no name to call the results after
    if from_ is not None and detector is not None:
        raise InputError(f"--detector {detector}: cannot be combined with --from {from_}, which holds the 2D already")
    settings = Settings(
        action=(action or "").strip() or None, detector=detector or _DEFAULT.detector,
        detector_weights=detector_weights, person_detector=person_detector,
        person_detector_weights=person_detector_weights, trust_checkpoint=trust_checkpoint, person=person,
        weights=weights, hypotheses=hypotheses, iterations=iterations, aggregation=aggregation, device=device,
        precision=precision, seed=seed, start=start, end=end, focal=focal, height=options.heights(height),
        keypoints=from_, unit=unit, from_format=from_format, from_joints=from_joints, size=options.picture_size(size),
        fps=fps, refine=refine, refiner=refiner, clean=clean, sides=sides, repair=repair, smooth=smooth, bones=bones,
        limits=limits, feet=feet, floor=floor, cutoff=cutoff,
    )
    settings.check()
    from vid2pose3d import pipeline
    from vid2pose3d.quality import person_quality, warnings_about

    begin = time.perf_counter()
    folder = out or options.default_folder(clip or from_ or Path())
    result = pipeline.run(clip, folder, settings, overwrite=overwrite, reporter=console)
    console.close()
    seconds = time.perf_counter() - begin
    recording = result.recording
    qualities = [person_quality(motion, recording.camera, recording.clip, start=start, end=end)
                 for motion in recording.people]
    for warning in (text for quality in qualities for text in warnings_about(quality)):
        console.warn(warning)
    if as_json:
        typer.echo(json.dumps(_summary(result, qualities, seconds), indent=2))
    _tell(result, qualities, folder, seconds)


def _summary(result: "Result", qualities: "list[PersonQuality]", seconds: float) -> dict[str, Any]:
    recording = result.recording
    camera = recording.camera
    return {
        "files": [str(path) for path in result.files],
        "people": [
            {
                "id": motion.person.id,
                "frames": len(motion.person),
                "first_frame": int(motion.person.frames[0]),
                "last_frame": int(motion.person.frames[-1]),
                "interpolated": int(motion.person.interpolated.sum()),
                "quality": quality.values(),
            }
            for motion, quality in zip(recording.people, qualities, strict=True)
        ],
        "camera": {"focal": round(float(camera.intrinsics[0, 0]), 2), "assumed": camera.assumed,
                   "focal_error": camera.focal_error and round(camera.focal_error, 3), "motion": camera.motion},
        "video": {"frames": recording.clip.frames, "duration": recording.clip.duration, "fps": recording.clip.fps},
        "seconds": round(seconds, 3),
        "timing": {stage: round(value, 3) for stage, value in recording.timing.items()},
        "notes": console.notes,
        "warnings": console.warnings,
    }


def _focal_origin(camera: "Camera") -> str:
    if camera.focal_error is not None:
        return f"estimated, give or take {100 * camera.focal_error:.0f} %: distances scale with it"
    return "assumed: distances scale with it" if camera.assumed else "known"


def _tell(result: "Result", qualities: "list[PersonQuality]", folder: Path, seconds: float) -> None:
    recording = result.recording
    for quality in qualities:
        console.say(quality.line())
    if qualities:
        console.say(f"focal length {recording.camera.intrinsics[0, 0]:.0f} px ({_focal_origin(recording.camera)})")
    for motion in recording.people:
        seen = len(motion.person)
        console.detail(f"person {motion.person.id}: {seen} frames, {int(motion.person.interpolated.sum())} bridged")
    for stage, value in recording.timing.items():
        console.detail(f"{stage:<8} {value:7.2f} s")
    people = len(recording.people)
    console.say(f"{people} {'person' if people == 1 else 'people'}, {seconds:.1f} s; results in {folder}:")
    for path in result.files:
        console.say(f"  {path.name}")
