"""`vid2pose3d render`: draw a finished result."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from vid2pose3d.cli import options
from vid2pose3d.cli.console import console
from vid2pose3d.errors import InputError

View = Literal["overlay", "3d", "both"]


def render(
    result: Annotated[Path, typer.Argument(help="The JSON that `run` wrote.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="The video to write, .mp4.", show_default=False)],
    video: Annotated[
        Path | None, typer.Option(help="The clip; overlay and both need it.", show_default=False)
    ] = None,
    view: Annotated[View, typer.Option(help="2D over the clip, the 3D motion, or both side by side.")] = "3d",
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Draw RESULT as a video."""
    console.configure(quiet=quiet, verbose=verbose)
    if view != "3d" and video is None:
        raise InputError(f"--view {view}: draws over the clip; name it with --video")
    if out.suffix.lower() != ".mp4":
        raise InputError(f"--out {out}: must end in .mp4")
    if out.exists() and not overwrite:
        raise InputError(f"--out {out}: exists; pass --overwrite to replace it")
    from vid2pose3d import pipeline

    pipeline.render(result, out, video=video, view=view, reporter=console)
    console.close()
    console.say(f"wrote {out}")
