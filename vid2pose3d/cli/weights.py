"""`vid2pose3d weights`: what lifters there are, converting the authors' checkpoints, calibrating, writing ONNX."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from vid2pose3d.cli import options
from vid2pose3d.cli.console import console
from vid2pose3d.errors import InputError

weights = typer.Typer(help="List weights; convert released checkpoints; calibrate; average; export to ONNX.",
                      no_args_is_help=True)
SUFFIX = ".safetensors"
ONNX_SUFFIX = ".onnx"


@weights.command(name="list")
def list_(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WEIGHTS]...", help="Names or files; default: the embedded ones.", show_default=False),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Name, file, SHA-256 and content of weights."""
    console.configure(quiet=False, verbose=False)
    from vid2pose3d.weights import available

    found = [_entry(name) for name in files or available()]
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    for entry in found:
        typer.echo("\n  ".join([entry["name"], entry["about"], entry["path"], f"sha256 {entry['sha256']}"]))


@weights.command()
def convert(
    file: Annotated[Path, typer.Argument(help="A released FinePOSE or D3DP checkpoint.", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The .safetensors to write; default: FILE's name with that ending.",
                     show_default=False),
    ] = None,
    trained_on: Annotated[
        Literal["h36m", "3dhp", "wild"] | None,
        typer.Option(help="Data of a D3DP network that cannot be told from what it does.", show_default=False),
    ] = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Convert a released checkpoint to weights that `run --weights` takes. Nothing in FILE is executed."""
    console.configure(quiet=quiet, verbose=verbose)
    path = out or file.with_suffix(SUFFIX)
    options.check_suffix(path, SUFFIX)
    from vid2pose3d.convert import check_file, convert_checkpoint

    check_file(file)
    if path.exists() and (path.is_dir() or path.samefile(file)):
        raise InputError(f"--out {path}: is {'a folder' if path.is_dir() else 'the checkpoint itself'}; choose another")
    options.check_free(path, overwrite)
    config = convert_checkpoint(file, path, trained_on=trained_on, warn=console.warn)
    console.say(config.about)
    console.say(f"wrote {path}")


@weights.command()
def export(
    weights: Annotated[str, typer.Argument(help="A name that `weights list` shows, or a file.", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The .onnx to write; default: the weights' name with that ending, in the "
                     "current folder.", show_default=False),
    ] = None,
    action: options.Action = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Write the network, told one action, as a single ONNX file for use without this program."""
    console.configure(quiet=quiet, verbose=verbose)
    path = out or Path(f"{Path(weights).stem}{ONNX_SUFFIX}")
    options.check_suffix(path, ONNX_SUFFIX)
    options.check_free(path, overwrite)
    from vid2pose3d.convert.onnx_file import export_onnx
    from vid2pose3d.weights import load

    error = export_onnx(load(weights), path, action=(action or "").strip() or None)
    if error is None:
        console.warn("not compared with torch, because onnxruntime is not installed: pip install 'vid2pose3d[onnx]'")
    else:
        console.say(f"largest difference from torch, on random input: {error:.1g}")
    console.say(f"wrote {path}")


@weights.command()
def calibrate(
    weights: Annotated[str, typer.Argument(help="A name that `weights list` shows, or a file.", show_default=False)],
    data: Annotated[Path, typer.Option(help="Folder with mocap17.npz and index.csv; its validation split is used.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The .safetensors to write.")],
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Let weights say within which radius a joint is with a probability of 80 %, as measured on held-out people."""
    console.configure(quiet=quiet, verbose=verbose)
    options.check_suffix(out, SUFFIX)
    options.check_free(out, overwrite)
    from vid2pose3d.train.calibrate import calibrate as calibrate_weights

    shares = calibrate_weights(weights, data, out, progress=lambda *done: console.progress("calibrate", *done))
    console.close()
    if shares:
        console.say("true joints within the radius, on each person when fitted to the others: "
                    + ", ".join(f"{person} {100 * share:.0f} %" for person, share in shares.items()))
    console.say(f"wrote {out}")


@weights.command()
def average(
    weights: Annotated[list[str], typer.Argument(help="Two or more, by name or file.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="The .safetensors to write.")],
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Take the mean of lifters that were trained on from one another; the prompt's part is the last one's."""
    console.configure(quiet=quiet, verbose=verbose)
    options.check_suffix(out, SUFFIX)
    options.check_free(out, overwrite)
    from vid2pose3d.train.average import average as average_weights

    average_weights(weights, out)
    console.say(f"wrote {out}")


def _entry(name: str) -> dict[str, Any]:
    from vid2pose3d.models.config import LIFTER_TITLES
    from vid2pose3d.weights import find, read_config, sha256

    path = find(name)
    config = read_config(path)
    sizes, prompt = config.denoiser, config.denoiser.prompt
    everywhere = ", prompt in every block" if prompt is not None and prompt.every_block else ""
    kind = f"{LIFTER_TITLES[sizes.kind]}, {prompt.behaviour if prompt else 'no prompt'}{everywhere}"
    size = f"width {sizes.width}, depth {sizes.depth}, windows of {sizes.frames} frames at {config.fps:g} fps"
    about = f"{config.about or kind} ({size})"
    return {"name": path.stem, "path": str(path), "sha256": sha256(path), "about": about}
