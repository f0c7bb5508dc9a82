"""`vid2pose3d export`: a finished result in the formats of other programs."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from vid2pose3d.cli import options
from vid2pose3d.cli.console import console


def export(
    result: Annotated[Path, typer.Argument(help="The JSON that `run` wrote.", show_default=False)],
    to: Annotated[
        str, typer.Option(help="Formats, with commas between them: bvh, glb, trc, c3d, csv, npz.", show_default=False)
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Output folder; default: RESULT's.", show_default=False)
    ] = None,
    person: Annotated[str, typer.Option(help="Whom to write: all, or one person's id.")] = "all",
    names: Annotated[
        Literal["default", "mixamo", "blender"],
        typer.Option(help="How BVH and GLB name the joints: mixamorig:LeftArm for retargeting, upper_arm.L as in "
                     "Rigify."),
    ] = "default",
    unit: options.Unit = "m",
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Write RESULT for other programs: BVH, glTF scene, OpenSim markers, C3D points, tables."""
    console.configure(quiet=quiet, verbose=verbose)
    from vid2pose3d.export.formats import Style, export_result, read_formats

    paths = export_result(result, out or result.parent, read_formats(to), person=person, style=Style(names, unit),
                          overwrite=overwrite, reporter=console)
    console.close()
    for path in paths:
        console.say(f"wrote {path}")
