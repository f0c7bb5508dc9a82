"""`vid2pose3d evaluate`: the errors of weights on a benchmark, in the papers' tables."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console as RichConsole
from rich.table import Table as RichTable

from vid2pose3d.cli import options
from vid2pose3d.cli.console import console
from vid2pose3d.evaluate.settings import EvaluateSettings, Prompts, Protocol, Split, Views

if TYPE_CHECKING:
    from vid2pose3d.evaluate.tables import Report, Table

_DEFAULT = EvaluateSettings("own", Path())
_WIDEST = 1000
"""Characters; more than any table has."""


def evaluate(
    protocol: Annotated[Protocol, typer.Option(help="Human3.6M, MPI-INF-3DHP, or held-out motion capture.")],
    data: Annotated[
        Path,
        typer.Option(help="h36m: folder of data_3d_h36m.npz and data_2d_h36m_*.npz; 3dhp: data_test_3dhp_ori.npz; "
                     "own: folder of mocap17.npz and index.csv."),
    ],
    weights: options.Weights = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Output folder; default: the weights' name + _ + the protocol.",
                     show_default=False),
    ] = None,
    hypotheses: options.Hypotheses = _DEFAULT.hypotheses,
    iterations: options.Iterations = _DEFAULT.iterations,
    keypoints: Annotated[
        str | None,
        typer.Option(help="h36m: which 2D, such as cpn_ft_h36m_dbb or gt; default: the only one that is there.",
                     show_default=False),
    ] = None,
    subjects: Annotated[
        str | None, typer.Option(help="h36m: only these, with commas.", show_default=False)
    ] = None,
    actions: Annotated[
        str | None, typer.Option(help="h36m, own: only these, with commas.", show_default=False)
    ] = None,
    sequences: Annotated[
        str | None, typer.Option(help="3dhp: only these, with commas.", show_default=False)
    ] = None,
    split: Annotated[
        Split | None, typer.Option(help="own: which split; default: test.", show_default=False)
    ] = None,
    views: Annotated[
        Views | None,
        typer.Option(help="own: cameras and detector of the first published figures or of training; default: first.",
                     show_default=False),
    ] = None,
    prompts: Annotated[
        Prompts, typer.Option(help="Tell the weights each sequence's true action, or nothing.")
    ] = _DEFAULT.prompts,
    action: Annotated[
        str | None, typer.Option(help="Tell the weights this for everything.", show_default=False)
    ] = None,
    refine: options.Refine = False,
    refiner: options.RefinerFile = None,
    device: options.Device = _DEFAULT.device,
    seed: options.Seed = _DEFAULT.seed,
    as_json: options.Json = False,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Score a lifter by a benchmark's protocol: tables, evaluation.csv and evaluation.json."""
    console.configure(quiet=quiet, verbose=verbose)
    settings = EvaluateSettings(
        protocol=protocol, data=data, weights=weights, keypoints=keypoints, split=split, views=views,
        actions=_names(actions), subjects=_names(subjects), sequences=_names(sequences), prompts=prompts,
        action=(action or "").strip() or None, hypotheses=hypotheses, iterations=iterations, refine=refine,
        refiner=refiner, device=device, seed=seed,
    )
    settings.check()
    from vid2pose3d.evaluate import run
    from vid2pose3d.evaluate.tables import document
    from vid2pose3d.weights import DEFAULT

    folder = out or Path(f"{Path(weights or DEFAULT).stem}_{protocol}")
    report, files = run.evaluate(settings, folder, overwrite=overwrite, reporter=console)
    console.close()
    if as_json:
        summary = {**document(report), "files": [str(path) for path in files], "notes": console.notes}
        typer.echo(json.dumps(summary, indent=2))
    elif not quiet:
        _print(report)
    console.say(f"results in {folder}: {', '.join(path.name for path in files)}")


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


def _print(report: "Report") -> None:
    tables = [_drawn(table, report) for table in report.tables]
    ample = RichConsole(width=_WIDEST)
    width = max(ample.measure(table).maximum for table in tables)  # also in a narrower terminal no number is cut
    stdout = RichConsole(highlight=False, soft_wrap=True, width=width)
    used = report.settings
    stdout.print(f"{report.title}\n{report.weights['name']} (sha256 {report.weights['sha256'][:12]}), H = "
                 f"{used['hypotheses']}, K = {used['iterations']}, seed {used['seed']}; prompts: {report.prompts}\n",
                 markup=False)
    for table in tables:
        stdout.print(table)
    for fact in report.facts:
        stdout.print(f"- {fact}", markup=False)


def _drawn(table: "Table", report: "Report") -> RichTable:
    drawn = RichTable(title=f"{table.title} ({table.unit})", title_justify="left")
    drawn.add_column("", no_wrap=True)
    for title in (*report.columns.values(), report.average):
        drawn.add_column(title, justify="right", no_wrap=True)
    for row in table.rows:
        values = [*row.values.values(), row.average]
        drawn.add_row(row.title, *("-" if value is None else f"{value:.1f}" for value in values))
    return drawn
