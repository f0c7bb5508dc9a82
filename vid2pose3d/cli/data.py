"""`vid2pose3d data`: datasets of recorded motion for training."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console as RichConsole
from rich.table import Table
from rich.text import Text

from vid2pose3d.cli import options
from vid2pose3d.cli.console import console

if TYPE_CHECKING:
    from vid2pose3d.data.recordings import FileReport
    from vid2pose3d.data.stats import Share

data = typer.Typer(help="Make datasets of recorded motion; say what they hold.", no_args_is_help=True)
_STRIPS, _POSES, _SECONDS = 24, 7, 3.0
"""Of the contact sheet: clips at most, poses of each, and the time that they span."""


@data.command()
def build(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="Folders with BVH, ASF/AMC, C3D or npz files.",
                                   show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The dataset: a folder for `train lifter --data`.")],
    labels: Annotated[
        Path | None,
        typer.Option(help="CSV table: clip or path, and any of label, action, subject, split.", show_default=False),
    ] = None,
    map_: Annotated[
        Path | None,
        typer.Option("--map", help="JSON or CSV table: what joints of unknown names are.", show_default=False),
    ] = None,
    fps: Annotated[float, typer.Option(help="Frames a second of the dataset.")] = 30.0,
    val: Annotated[
        list[str] | None,
        typer.Option(help="A subject for validation; may be given more than once. Default: one is chosen.",
                     show_default=False),
    ] = None,
    license_: Annotated[
        str, typer.Option("--license", help="Terms of the recordings; `own` where they are yours.")
    ] = "own",
    skip_unknown: Annotated[
        bool, typer.Option("--skip-unknown", help="Leave out files whose joints are not recognised.")
    ] = False,
    as_json: options.Json = False,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Make a dataset of all motion files in DIR: 17 joints, metres, y up, one frame rate, checked.

    Units, axes, left and right are found by looking at the body. Says for every file what was kept and why not.
    """
    console.configure(quiet=quiet, verbose=verbose)
    from vid2pose3d.data.build import BuildSettings, build_dataset
    from vid2pose3d.data.joint_names import read_map

    settings = BuildSettings(fps=fps, license=license_, validation=tuple(val or ()), skip_unknown=skip_unknown)
    reports = build_dataset(folders, out, settings, labels=labels, places=read_map(map_) if map_ else {},
                            overwrite=overwrite, reporter=console)
    console.close()
    if as_json:
        typer.echo(json.dumps([asdict(report) for report in reports], indent=2))
    elif not quiet:
        RichConsole(highlight=False).print(_report_table(reports))
    kept = sum(report.kept for report in reports) / 60
    dropped = sum(bool(report.problem) for report in reports)
    console.say(f"wrote {out}: {sum(len(report.clips) for report in reports)} clips, {kept:.1f} minutes; "
                f"{dropped} of {len(reports)} files left out")


@data.command()
def stats(
    dataset: Annotated[Path, typer.Argument(help="Folder with mocap17.npz and index.csv.", show_default=False)],
    picture: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The contact sheet, a .png; default: DATASET's name + _contact.png in the "
                     "current folder.", show_default=False),
    ] = None,
    as_json: options.Json = False,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Say what a dataset holds, and draw sample poses of its actions."""
    console.configure(quiet=quiet, verbose=verbose)
    path = picture or Path(f"{dataset.resolve().name}_contact.png")
    options.check_suffix(path, ".png")
    options.check_free(path, overwrite)
    from vid2pose3d.data.mocap import load_mocap
    from vid2pose3d.data.stats import UNNAMED, sample_strips, shares
    from vid2pose3d.render.contact_sheet import write_contact_sheet

    clips = load_mocap(dataset)
    groups = {name: shares(clips, lambda clip, name=name: getattr(clip, name))  # type: ignore[misc]
              for name in ("split", "action", "license", "source", "quality")}
    minutes = sum(share.minutes for share in groups["split"])
    subjects = len({clip.subject for clip in clips})
    actions = sum(share.name != UNNAMED for share in groups["action"])
    summary = f"{len(clips)} clips, {minutes:.1f} minutes, {subjects} subjects, {actions} actions"
    write_contact_sheet(path, sample_strips(clips, most=_STRIPS, poses=_POSES, seconds=_SECONDS),
                        title=f"{dataset.resolve().name}: {summary}")
    if as_json:
        totals = {"clips": len(clips), "minutes": minutes, "subjects": subjects, "actions": actions}
        tables = {f"by_{name}": [asdict(share) for share in found] for name, found in groups.items()}
        typer.echo(json.dumps(totals | tables, indent=2))
    elif not quiet:
        typer.echo(f"{dataset}: {summary}")
        RichConsole(highlight=False).print(_share_table(groups))
    console.say(f"wrote {path}")


def _share_table(groups: "Mapping[str, Sequence[Share]]") -> Table:
    table = Table()
    for column in ("", "", "clips", "minutes", "subjects"):
        table.add_column(column, justify="right" if column else "left")
    for name, found in groups.items():
        for number, share in enumerate(found):
            table.add_row("" if number else name, share.name, str(share.clips), f"{share.minutes:.1f}",
                          str(share.subjects), end_section=number == len(found) - 1)
    return table


def _report_table(reports: "Sequence[FileReport]") -> Table:
    table = Table()
    for column in ("file", "what it is", "what was found"):
        table.add_column(column, overflow="fold")
    for report in reports:
        size = [f"{report.height:.2f} m tall"] if report.height else []
        is_ = [report.format, f"{report.fps:g} fps", report.unit, report.axes, *size] if report.fps else []
        kept = [f"kept {report.kept:.1f} of {report.seconds:.1f} s"] if report.clips else []
        said = f"left out: {report.problem}" if report.problem else "\n".join(kept + report.notes)
        table.add_row(Text(Path(report.path).name), ", ".join(filter(None, is_)),
                      Text(said, style="red" if report.problem else ""), end_section=True)
    return table
