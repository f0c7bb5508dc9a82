"""`vid2pose3d render`: draw a finished result."""

from pathlib import Path
from typing import Annotated

import typer

from vid2pose3d.cli import options
from vid2pose3d.cli.console import console
from vid2pose3d.errors import InputError
from vid2pose3d.settings import View

_SUFFIXES: dict[View, str] = {"overlay": ".mp4", "3d": ".mp4", "both": ".mp4", "html": ".html", "sheet": ".png"}


def render(
    result: Annotated[Path, typer.Argument(help="The JSON that `run` wrote.", show_default=False)],
    video: Annotated[
        Path | None,
        typer.Option(help="The clip; overlay and both draw over it, html and sheet show it.", show_default=False),
    ] = None,
    view: Annotated[
        View | None,
        typer.Option(help="A video of the 2D over the clip, of the 3D motion, or of both side by side; one HTML page "
                     "to play and turn; a picture of some frames. Default: both with --video, else 3d.",
                     show_default=False),
    ] = None,
    turn: Annotated[
        float | None,
        typer.Option(help="Degrees per second by which the view of 3d and both circles; 0 holds it still; default: 20.",
                     show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The .mp4, .html or .png to write; default: RESULT's name + _ + the view.",
                     show_default=False),
    ] = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Draw RESULT as a video, an HTML page or a contact sheet."""
    console.configure(quiet=quiet, verbose=verbose)
    view = view or ("3d" if video is None else "both")
    if view in ("overlay", "both") and video is None:
        raise InputError(f"--view {view}: draws over the clip; name it with --video")
    if turn is not None and view not in ("3d", "both"):
        raise InputError(f"--turn {turn:g}: does nothing with --view {view}; use it with 3d or both")
    if turn is not None and not abs(turn) <= 360:
        raise InputError(f"--turn {turn:g}: must be from -360 to 360 degrees per second")
    suffix = _SUFFIXES[view]
    path = out or result.with_name(f"{result.stem}_{view}{suffix}")
    options.check_suffix(path, suffix)
    options.check_free(path, overwrite)
    from vid2pose3d import drawing

    drawing.render(result, path, view=view, video=video, turn=drawing.TURN if turn is None else turn,
                    reporter=console)
    console.close()
    console.say(f"wrote {path}")
