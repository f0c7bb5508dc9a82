"""`vid2pose3d refine`: better poses for a finished result."""

from pathlib import Path
from typing import Annotated

import typer

from vid2pose3d.cli import options
from vid2pose3d.cli.console import console


def refine(
    result: Annotated[Path, typer.Argument(help="The JSON that `run` wrote.", show_default=False)],
    refiner: Annotated[
        Path | None,
        typer.Option("--refiner", help="Refiner weights; default: those embedded for the result's lifter.",
                     show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Output folder; default: RESULT's name + _refined in the current folder.",
                     show_default=False),
    ] = None,
    device: options.Device = "auto",
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Refine the poses of RESULT: one JSON and one BVH per person."""
    console.configure(quiet=quiet, verbose=verbose)
    from vid2pose3d.refining import refine_result

    folder = out or Path(f"{result.stem}_refined")
    done = refine_result(result, folder, refiner=refiner, device=device, overwrite=overwrite, reporter=console)
    console.close()
    console.say(f"results in {folder}: {', '.join(path.name for path in done.files)}")
