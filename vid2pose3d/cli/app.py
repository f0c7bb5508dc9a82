"""The program `vid2pose3d`: its commands, and how errors and interrupts end it."""

import os
import signal
import sys
from typing import Annotated

import typer

from vid2pose3d import __version__
from vid2pose3d.cli import data, detect, doctor, evaluate, export, refine, render, run, train, weights
from vid2pose3d.cli.console import console
from vid2pose3d.errors import InputError

USER_ERROR = 2
INTERRUPTED = 130
TERMINATED = 143

app = typer.Typer(
    name="vid2pose3d",
    help="A video of people in, 3D motion out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (run, detect, refine, render, export, evaluate, doctor):
    app.command()(getattr(command, command.__name__.rpartition(".")[2]))
app.add_typer(data.data, name="data")
app.add_typer(train.train, name="train")
app.add_typer(weights.weights, name="weights")


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"vid2pose3d {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the program and exit: 0 done, 1 internal error, 2 unusable input, 130 interrupted."""
    # Torch's threads spin while they wait for each other, which on a busy machine makes small networks many times
    # slower. It counts only if it is set before torch is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    sys.exit(run_command())


_signals: list[int] = []
"""Signals to stop that came."""


def _stop(number: int, _: object = None) -> None:
    _signals.append(number)
    if number == signal.SIGTERM:
        sys.exit(TERMINATED)
    raise KeyboardInterrupt


def _call(arguments: list[str] | None) -> int | None:
    try:
        return app(arguments, standalone_mode=False)
    except Exception:
        if _signals:  # a native module that is being imported turns the interruption into an error of its own
            _stop(_signals[0])
        raise


def run_command(arguments: list[str] | None = None) -> int:
    """Run one command, by default the process's own; returns the exit code."""
    try:
        code = _call(arguments)
    except InputError as error:
        console.error(str(error))
        return USER_ERROR
    except typer.TyperException as error:
        if error.format_message():
            console.error(f"{error.format_message()} (see vid2pose3d --help)")
        return USER_ERROR
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        # What is still in Python's buffer has nowhere to go either; without this its exit would complain once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        console.error(f"{where}{error.strerror or error}; check the disk and the permissions, then run again")
        return USER_ERROR
    except Exception as error:
        if console.verbose:
            raise
        console.error(
            f"internal error: {type(error).__name__}: {error}; run again with -v for the details and please report it"
        )
        return 1
    if code == INTERRUPTED:
        # An interruption within exec() of a string, as dataclasses do while they are imported, leaves a mark in
        # CPython that ends `python -m` by the signal after all, whatever the exit code; the next exec() clears it.
        exec("pass")
        console.error("interrupted; nothing was written")
    return int(code or 0)
