"""The options that commands share, each declared once."""

import re
from pathlib import Path
from typing import Annotated, Literal

import typer

from vid2pose3d import settings
from vid2pose3d.errors import InputError

Clip = Annotated[Path, typer.Argument(help="The video.", show_default=False)]
OptionalClip = Annotated[
    Path | None, typer.Argument(help="The video; may be left out with --from.", show_default=False)
]
Out = Annotated[
    Path | None,
    typer.Option("--out", "-o", help="Output folder; default: CLIP's name + _vid2pose3d in the current folder.",
                 show_default=False),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the results of an earlier run.")]
Json = Annotated[bool, typer.Option("--json", help="Print a machine-readable summary to stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say more; show tracebacks of internal errors.")]
Start = Annotated[float | None, typer.Option(help="Begin at this time of the clip, seconds.", show_default=False)]
End = Annotated[float | None, typer.Option(help="Stop before this time of the clip, seconds.", show_default=False)]
KeypointsFormat = Annotated[
    Literal["vid2pose3d", "coco", "openpose", "mmpose", "vp3d"],
    typer.Option("--format", help="Whose format to write; run --from takes them all."),
]
DetectorName = Annotated[
    str | None,
    typer.Option("--detector", help="2D detector: blazepose (default), onnx, mmpose or mmpose:MODEL.",
                 show_default=False),
]
DetectorWeights = Annotated[
    str | None,
    typer.Option(help="The detector's network that finds joints, a file; for onnx and mmpose.", show_default=False),
]
PersonDetector = Annotated[
    str | None,
    typer.Option(help="What finds people for onnx (rtmdet, yolox) and mmpose (rtmdet, faster-rcnn, a config).",
                 show_default=False),
]
PersonDetectorWeights = Annotated[
    str | None, typer.Option(help="The network that finds people, a file; for onnx and mmpose.", show_default=False),
]
TrustCheckpoint = Annotated[
    bool,
    typer.Option("--trust-checkpoint",
                 help="Let mmpose's weights files execute any code that is in them; only for files you trust."),
]
Device = Annotated[str, typer.Option(help="Where networks run: auto, cpu, cuda or mps.")]
Precision = Annotated[
    Literal["fp32", "bf16", "fp16"],
    typer.Option(help="Number format of the lifter's matrix products; bf16 and fp16 are for GPUs."),
]

Action = Annotated[
    str | None,
    typer.Option(help="What the people do, in a few words; default: the neutral prompt.", show_default=False),
]
PersonChoice = Annotated[str, typer.Option("--person", help="Whom to lift: all, largest, or one person's id.")]
Weights = Annotated[
    str | None,
    typer.Option(help="Lifter: a name that `doctor` lists, or a checkpoint file; default: the embedded one.",
                 show_default=False),
]
Refine = Annotated[bool, typer.Option("--refine", help="Refine the poses with the refiner embedded for the weights.")]
RefinerFile = Annotated[
    Path | None, typer.Option("--refiner", help="Refine the poses with these refiner weights.", show_default=False)
]
Hypotheses = Annotated[int, typer.Option(help="Number of hypotheses H that are drawn and aggregated.")]
Iterations = Annotated[int, typer.Option(help="Number of denoising iterations K.")]
Seed = Annotated[int, typer.Option(help="Seed of the drawn hypotheses.")]
Focal = Annotated[
    float | None,
    typer.Option(help="Focal length in pixels; default: what the file or the motion says, else the longer side.",
                 show_default=False),
]
Height = Annotated[
    str | None,
    typer.Option(help="How tall the people are in metres, such as 1.78, or some by id: 1=1.78,2=1.65; default: an "
                      "average adult.", show_default=False),
]
Keypoints = Annotated[
    Path | None,
    typer.Option("--from", show_default=False,
                 help="Take the 2D from this file or folder instead of detecting: of `detect`, MMPose, OpenPose, COCO, "
                      "AlphaPose, Sports2D, VideoPose3D, Detectron or MediaPipe."),
]
KeypointFormat = Annotated[
    str | None, typer.Option("--from-format", help="Format of --from, where it could be several.", show_default=False)
]
KeypointJoints = Annotated[
    str | None,
    typer.Option("--from-joints", help="Joint set of --from, where it does not say; default: by the number of joints.",
                 show_default=False),
]
Video = Annotated[
    Path | None, typer.Option(help="The same as CLIP, for use with --from.", show_default=False)
]
Size = Annotated[
    str | None,
    typer.Option(help="Picture size of --from without a video, such as 1920x1080.", show_default=False),
]
Fps = Annotated[
    float | None, typer.Option(help="Frames per second of --from without a video.", show_default=False)
]
Aggregation = Annotated[settings.Aggregation, typer.Option(help="How the hypotheses become one pose.")]
Unit = Annotated[Literal["m", "cm"], typer.Option(help="Length unit of the BVH files.")]
Clean = Annotated[
    settings.CleanLevel,
    typer.Option(help="Clean-up: full; light (sides, repair, smooth, bones); or off. A step's own option overrules."),
]
Sides = Annotated[
    bool | None, typer.Option(help="Put right where the 2D takes left and right for each other.", show_default=False)
]
Repair = Annotated[
    bool | None, typer.Option(help="Interpolate joints that leap away and short gaps.", show_default=False)
]
Smooth = Annotated[bool | None, typer.Option(help="Take out jitter, without lag.", show_default=False)]
Bones = Annotated[bool | None, typer.Option(help="Give every bone one length.", show_default=False)]
Limits = Annotated[bool | None, typer.Option(help="Keep knees and elbows from bending wrongly.", show_default=False)]
Feet = Annotated[bool | None, typer.Option(help="Hold feet where they stand.", show_default=False)]
Floor = Annotated[bool | None, typer.Option(help="Keep everyone above the floor.", show_default=False)]
Cutoff = Annotated[
    float, typer.Option(help="Hertz up to which smoothing keeps the motion of a joint at rest; fast joints keep more.")
]


def default_folder(clip: Path) -> Path:
    """Where results go without --out."""
    return Path(f"{clip.stem}_vid2pose3d")


def picture_size(text: str | None) -> tuple[int, int] | None:
    """Width and height of "1920x1080". Raises InputError where the text is not like that."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d+)[xX](\d+)", text.strip())
    if not found:
        raise InputError(f"--size {text}: must be WIDTHxHEIGHT in pixels, such as 1920x1080")
    return int(found[1]), int(found[2])


def heights(text: str | None) -> float | dict[int, float] | None:
    """Metres of "1.78", or by person of "1=1.78,2=1.65". Raises InputError where the text is not like that."""
    if text is None:
        return None
    try:
        if "=" not in text:
            return float(text)
        pairs = [entry.split("=") for entry in text.split(",")]
        by_person = {int(person): float(metres) for person, metres in pairs}
    except ValueError as error:
        raise InputError(f"--height {text}: must be metres such as 1.78, or people's such as 1=1.78,2=1.65") from error
    if len(by_person) < len(pairs):
        raise InputError(f"--height {text}: names a person twice; give each one height")
    return by_person


def check_suffix(path: Path, suffix: str) -> None:
    """Raises InputError where an output file is named otherwise."""
    if path.suffix.lower() != suffix:
        raise InputError(f"--out {path}: must end in {suffix}")


def check_free(path: Path, overwrite: bool) -> None:
    """Raises InputError where writing an output file would harm something."""
    if path.is_dir():
        raise InputError(f"--out {path}: is a folder; choose another")
    if path.exists() and not overwrite:
        raise InputError(f"{path} exists; pass --overwrite to replace it or -o for another name")
