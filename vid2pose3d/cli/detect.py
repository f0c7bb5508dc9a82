"""`vid2pose3d detect`: people's 2D joints only."""

import json
from pathlib import Path

import typer

from vid2pose3d.cli import options
from vid2pose3d.cli.console import console
from vid2pose3d.settings import Settings, check_range

_DEFAULT = Settings()


def detect(
    clip: options.Clip,
    out: options.Out = None,
    detector: options.DetectorName = None,
    form: options.KeypointsFormat = "vid2pose3d",
    detector_weights: options.DetectorWeights = None,
    person_detector: options.PersonDetector = None,
    person_detector_weights: options.PersonDetectorWeights = None,
    trust_checkpoint: options.TrustCheckpoint = False,
    device: options.Device = _DEFAULT.device,
    start: options.Start = None,
    end: options.End = None,
    as_json: options.Json = False,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Find the people of CLIP in 2D and write a keypoints file that `run --from` takes."""
    console.configure(quiet=quiet, verbose=verbose)
    check_range(start, end)
    from vid2pose3d import finding

    settings = Settings(
        detector=detector or _DEFAULT.detector, detector_weights=detector_weights, person_detector=person_detector,
        person_detector_weights=person_detector_weights, trust_checkpoint=trust_checkpoint, device=device, start=start,
        end=end,
    )
    found, files = finding.detect(
        clip, out or _folder(clip, form), settings, form=form, overwrite=overwrite, reporter=console
    )
    console.close()
    if as_json:
        summary = {
            "files": [str(path) for path in files],
            "people": [{"id": person.id, "frames": len(person)} for person in found.people],
            "notes": console.notes,
            "warnings": console.warnings,
        }
        typer.echo(json.dumps(summary, indent=2))
    for person in found.people:
        console.detail(f"person {person.id}: {len(person)} frames")
    people = len(found.people)
    where = files[0] if len(files) == 1 else files[0].parent
    console.say(f"{people} {'person' if people == 1 else 'people'}; keypoints in {where}")


def _folder(clip: Path, form: str) -> Path:
    """OpenPose's files have a folder to themselves, which `run --from` takes."""
    return Path(f"{clip.stem}_openpose") if form == "openpose" else options.default_folder(clip)
