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
    video: Annotated[
        Path | None, typer.Option(help="The clip; overlay and both draw over it.", show_default=False)
    ] = None,
    view: Annotated[
        View | None,
        typer.Option(help="2D over the clip, the 3D motion, or both side by side; default: both with --video, else 3d.",
                     show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The .mp4 to write; default: RESULT's name + _ + the view.",
                     show_default=False),
    ] = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Draw RESULT as a video."""
    console.configure(quiet=quiet, verbose=verbose)
    view = view or ("3d" if video is None else "both")
    if view != "3d" and video is None:
        raise InputError(f"--view {view}: draws over the clip; name it with --video")
    path = out or result.with_name(f"{result.stem}_{view}.mp4")
    options.check_suffix(path, ".mp4")
    options.check_free(path, overwrite)
    from vid2pose3d import pipeline

    pipeline.render(result, path, video=video if view != "3d" else None, overlay_only=view == "overlay",
                    reporter=console)
    console.close()
    console.say(f"wrote {path}")
