"""`vid2pose3d doctor`: what is installed, what works, and what to do about what does not."""

import json
import platform
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, requires, version

import typer
from rich.console import Console as RichConsole
from rich.table import Table

from vid2pose3d import __version__
from vid2pose3d.cli import options
from vid2pose3d.cli.console import console
from vid2pose3d.errors import InputError
from vid2pose3d.settings import Settings


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    works: bool
    says: str
    needed: bool
    """The main job does not run without it."""


def doctor(
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Say what works here and what to do about what does not; exit code 1 where `run` cannot work."""
    console.configure(quiet=quiet, verbose=verbose)
    findings = [*_packages(), *_detectors(), *_weights(), *_devices(), _text(), _video()]
    ready = all(finding.works for finding in findings if finding.needed)
    if as_json:
        report = {
            "vid2pose3d": __version__, "python": platform.python_version(), "platform": platform.platform(),
            "ready": ready, "findings": [asdict(finding) for finding in findings],
        }
        typer.echo(json.dumps(report, indent=2))
    elif not quiet:
        _print(findings, ready)
    raise typer.Exit(0 if ready else 1)


def _print(findings: list[Finding], ready: bool) -> None:
    table = Table(title=f"vid2pose3d {__version__}, Python {platform.python_version()}, {platform.platform()}",
                  title_justify="left", show_header=False, box=None)
    marks = {(True, True): "[green]works", (True, False): "[green]works", (False, True): "[red]missing",
             (False, False): "[dim]absent"}
    for finding in findings:
        table.add_row(marks[finding.works, finding.needed], finding.what, finding.says)
    stdout = RichConsole(highlight=False)
    stdout.print(table)
    stdout.print("`vid2pose3d run` can work here." if ready else "`vid2pose3d run` cannot work here; see above.")


def _packages() -> list[Finding]:
    """What the program depends on."""
    try:
        lines = requires("vid2pose3d") or []
    except PackageNotFoundError:
        return [Finding("package vid2pose3d", False, "runs from a checkout; bash scripts/setup.sh installs it", False)]
    names = [re.match(r"[\w.-]+", line) for line in lines if "extra ==" not in line]
    return [_package(name.group()) for name in names if name]


def _package(name: str) -> Finding:
    try:
        return Finding(f"package {name}", True, version(name), True)
    except PackageNotFoundError:
        return Finding(f"package {name}", False, f"not installed; pip install {name}", True)


def _detectors() -> list[Finding]:
    from vid2pose3d.detect.registry import DETECTORS, check_detector
    from vid2pose3d.native_log import native_log_hidden

    def finding(name: str) -> Finding:
        with native_log_hidden():
            problem = check_detector(name)
        return Finding(f"detector {name}", problem is None, problem or "", name == Settings().detector)

    return [finding(name) for name in DETECTORS]


def _weights() -> list[Finding]:
    def finding(name: str, *, needed: bool) -> Finding:
        from vid2pose3d.lift import Lifter

        return _try(f"weights {name}", lambda: f"sha256 {Lifter.load(name, device='cpu').sha256[:12]}", needed=needed)

    try:
        from vid2pose3d.weights import DEFAULT, available
    except ImportError as error:
        return [Finding("weights", False, f"cannot be loaded: {error}", True)]
    names = [DEFAULT, *(name for name in available() if name != DEFAULT)]
    return [finding(name, needed=name == DEFAULT) for name in names]


def _devices() -> list[Finding]:
    def check(name: str) -> str:
        import torch

        from vid2pose3d.device import choose_device

        device = choose_device(name)
        torch.ones(8, 8, device=device) @ torch.ones(8, 8, device=device)
        return torch.cuda.get_device_name(device) if name == "cuda" else f"torch {torch.__version__}"

    return [_try(f"device {name}", partial(check, name), needed=name == "cpu") for name in ("cpu", "cuda", "mps")]


def _text() -> Finding:
    def check() -> str:
        from vid2pose3d.text.clip_library import open_clip

        open_clip()
        return "reads --action"

    return _try("text encoder", check, needed=True)


def _video() -> Finding:
    def check() -> str:
        import av

        av.CodecContext.create("libx264", "w")
        return "H.264 can be written"

    return _try("video", check, needed=True)


def _try(what: str, check: Callable[[], str], *, needed: bool) -> Finding:
    """What `check` says, or why it failed. Anything may fail in a broken installation, and doctor must still report."""
    try:
        return Finding(what, True, check(), needed)
    except Exception as error:
        text = " ".join(str(error).split())
        reason = text if isinstance(error, InputError) else f"{type(error).__name__}: {text}"
        return Finding(what, False, reason, needed)
