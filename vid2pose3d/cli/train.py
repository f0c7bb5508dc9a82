"""`vid2pose3d train`: train weights."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from vid2pose3d.cli import options
from vid2pose3d.cli.console import console
from vid2pose3d.models.config import Behaviour, LifterKind
from vid2pose3d.train.settings import RefinerSettings, TextSettings, TrainSettings

train = typer.Typer(help="Train weights on motion capture.", no_args_is_help=True)
_DEFAULT, _TEXT, _REFINER = TrainSettings(), TextSettings(), RefinerSettings("")


@train.command()
def lifter(
    data: Annotated[Path, typer.Option(help="Folder with mocap17.npz and index.csv, or with data_3d_h36m.npz and "
                                            "data_2d_h36m_*.npz, or with data_train_3dhp_ori.npz.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the run: weights, checkpoint, log, recipe.")],
    model: Annotated[
        LifterKind, typer.Option(help="Diffusion with a prompt or without, or deterministic: mixste, stcformer.")
    ] = _DEFAULT.model,
    init: Annotated[
        str | None,
        typer.Option(help="Weights to start from, by name or file; they bring their sizes.", show_default=False),
    ] = None,
    keypoints: Annotated[
        str | None, typer.Option(help="Which 2D of Human3.6M's; default: the only one there.", show_default=False)
    ] = None,
    free_only: Annotated[
        bool, typer.Option("--free-only", help="Leave out clips whose licence restricts the use of the weights.")
    ] = False,
    width: Annotated[int, typer.Option(help="Channels of the denoiser.")] = _DEFAULT.width,
    depth: Annotated[int, typer.Option(help="Pairs of spatial and temporal blocks.")] = _DEFAULT.depth,
    frames: Annotated[int, typer.Option(help="Frames of a window.")] = _DEFAULT.frames,
    fps: Annotated[float, typer.Option(help="Frame rate of a window.")] = _DEFAULT.fps,
    steps: Annotated[int, typer.Option(help="Optimiser steps; may change with --resume.")] = _DEFAULT.steps,
    batch: Annotated[int, typer.Option(help="Windows of a step.")] = _DEFAULT.batch,
    learning_rate: Annotated[float, typer.Option(help="Highest learning rate.")] = _DEFAULT.learning_rate,
    text: Annotated[
        str | None,
        typer.Option(help="Text tower that reads prompts: embedded name or file; default: --init's, or text-small.",
                     show_default=False),
    ] = None,
    average: Annotated[
        float, typer.Option(help="Decay of the moving average of the parameters; 0: none.")
    ] = _DEFAULT.average,
    precision: Annotated[Literal["fp32", "bf16"], typer.Option(help="bf16: mixed, for GPUs.")] = _DEFAULT.precision,
    behaviour: Annotated[
        Behaviour, typer.Option(help="How the prompt conditions the network: as released, or corrected.")
    ] = _DEFAULT.behaviour,
    every_block: Annotated[
        bool, typer.Option("--every-block", help="Attend to the prompt in every temporal block, not only the first.")
    ] = False,
    loose_prompt: Annotated[
        float, typer.Option(help="Share of labels in whose place a prompt says what any clip of the action might show.")
    ] = _DEFAULT.loose_prompt,
    pure_noise: Annotated[
        float, typer.Option(help="Share of samples from pure noise, as the first iteration sees them; D3DP: 0.")
    ] = _DEFAULT.pure_noise,
    own_estimate: Annotated[
        float, typer.Option(help="Share of the others made of the lifter's own estimate, not the truth; D3DP: 0.")
    ] = _DEFAULT.own_estimate,
    devices: Annotated[int, typer.Option(help="GPUs, or processes on CPU cores.")] = _DEFAULT.devices,
    seed: Annotated[int, typer.Option(help="Seed of everything that is drawn.")] = _DEFAULT.seed,
    every: Annotated[int, typer.Option(help="Steps between validations and checkpoints.")] = 250,
    device: options.Device = "auto",
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the folder's checkpoint.")] = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Train a lifter, or with --init adapt one; the best weights on the validation split are OUT/best.safetensors."""
    console.configure(quiet=quiet, verbose=verbose)
    settings = TrainSettings(model=model, init=init, keypoints=keypoints, free_only=free_only, width=width,
                             depth=depth, frames=frames, fps=fps, steps=steps, batch=batch,
                             learning_rate=learning_rate, average=average, precision=precision, text=text,
                             behaviour=behaviour, every_block=every_block, pure_noise=pure_noise,
                             own_estimate=own_estimate, loose_prompt=loose_prompt, devices=devices, seed=seed)
    settings.check()
    if every < 1:
        raise typer.BadParameter(f"{every}: must be at least 1", param_hint="--every")
    from vid2pose3d.device import choose_device
    from vid2pose3d.train.lifter import train_lifter

    path = train_lifter(data, out, settings, device=choose_device(device).type, resume=resume, every=every,
                        reporter=console)
    console.close()
    console.say(f"best weights: {path}")


@train.command()
def refiner(
    base: Annotated[str, typer.Option(help="The lifter whose errors it learns: weights by name or file.")],
    data: Annotated[Path, typer.Option(help="Folder with mocap17.npz and index.csv.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the run: weights, checkpoint, log, recipe.")],
    folds: Annotated[
        int, typer.Option(help="Groups of people; each one is lifted by weights trained without it. 0: by the base, "
                          "which must never have seen the people of --data.")
    ] = _REFINER.folds,
    fold_steps: Annotated[
        int | None, typer.Option(help="Steps of the folds' lifters; default: as the base's recipe.", show_default=False)
    ] = None,
    folds_in: Annotated[
        Path | None,
        typer.Option(help="Folder of another refiner's run, whose folds are used; default: OUT.", show_default=False),
    ] = None,
    free_only: Annotated[
        bool, typer.Option("--free-only", help="Leave out clips whose licence restricts the use of the weights.")
    ] = False,
    windows: Annotated[int, typer.Option(help="Windows to learn from.")] = _REFINER.windows,
    hypotheses: Annotated[int, typer.Option(help="Hypotheses of the lifters.")] = _REFINER.hypotheses,
    distribution: Annotated[
        Literal["measured", "conditional", "marginal"],
        typer.Option(help="Errors in training: the measured ones, or drawn, given 2D and estimate or alike for all."),
    ] = _REFINER.distribution,
    correlation: Annotated[
        Literal["iid", "ar1", "shared"],
        typer.Option(help="Drawn errors over time: independent, as correlated as measured, or one for a window."),
    ] = _REFINER.correlation,
    context: Annotated[
        Literal["frame", "motion"],
        typer.Option(help="The expected error depends on a frame's 2D and estimate, or on moving means too."),
    ] = _REFINER.context,
    centre: Annotated[
        Literal["expected", "constant"],
        typer.Option(help="The network estimates from the error expected of 2D and estimate, or from the mean error."),
    ] = _REFINER.centre,
    loss: Annotated[
        Literal["distance", "squared"], typer.Option(help="Of the estimated error: distance of joints, or squared.")
    ] = _REFINER.loss,
    diffusion: Annotated[
        bool, typer.Option("--diffusion/--no-diffusion", help="Learn all steps of the diffusion, or the last alone.")
    ] = _REFINER.diffusion,
    iterations: Annotated[int, typer.Option(help="K of the reverse chain.")] = _REFINER.iterations,
    width: Annotated[int, typer.Option(help="Channels of the network.")] = _REFINER.width,
    depth: Annotated[int, typer.Option(help="Denoising blocks.")] = _REFINER.depth,
    epochs: Annotated[
        int, typer.Option(help="Passes over the windows; 0: no network, the expected error alone. May change with "
                               "--resume.")
    ] = _REFINER.epochs,
    batch: Annotated[int, typer.Option(help="Windows of a step.")] = _REFINER.batch,
    learning_rate: Annotated[float, typer.Option(help="Learning rate of the first epoch.")] = _REFINER.learning_rate,
    average: Annotated[
        float, typer.Option(help="Decay of the moving average of the parameters; 0: none.")
    ] = _REFINER.average,
    seed: Annotated[int, typer.Option(help="Seed of everything that is drawn.")] = _REFINER.seed,
    every: Annotated[int, typer.Option(help="Steps between validations of the folds' lifters.")] = 250,
    device: options.Device = "auto",
    resume: Annotated[bool, typer.Option("--resume", help="Go on from what the folder holds.")] = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Train a refiner for a lifter; the best weights on the validation split are OUT/best.safetensors."""
    console.configure(quiet=quiet, verbose=verbose)
    settings = RefinerSettings(
        base=base, folds=folds, fold_steps=fold_steps, free_only=free_only, windows=windows, hypotheses=hypotheses,
        distribution=distribution, correlation=correlation, context=context, centre=centre, loss=loss,
        diffusion=diffusion, iterations=iterations, width=width, depth=depth, epochs=epochs, batch=batch,
        learning_rate=learning_rate, average=average, seed=seed)
    settings.check()
    if every < 1:
        raise typer.BadParameter(f"{every}: must be at least 1", param_hint="--every")
    from vid2pose3d.device import choose_device
    from vid2pose3d.train.refiner import train_refiner

    path = train_refiner(data, out, settings, device=choose_device(device).type, resume=resume, every=every,
                         reporter=console, folds_in=folds_in)
    console.close()
    console.say(f"best weights: {path}")


@train.command(name="text")
def text_tower(
    phrases: Annotated[Path, typer.Option(help="Phrases with a sentence encoder's features (.npz).")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The .safetensors to write.")],
    steps: Annotated[int, typer.Option(help="Optimiser steps.")] = _TEXT.steps,
    batch: Annotated[int, typer.Option(help="Phrases of a step.")] = _TEXT.batch,
    learning_rate: Annotated[float, typer.Option(help="Highest learning rate.")] = _TEXT.learning_rate,
    seed: Annotated[int, typer.Option(help="Seed of everything that is drawn.")] = _TEXT.seed,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Train the text tower that reads a lifter's prompts, on the CPU."""
    console.configure(quiet=quiet, verbose=verbose)
    settings = TextSettings(steps=steps, batch=batch, learning_rate=learning_rate, seed=seed)
    settings.check()
    options.check_suffix(out, ".safetensors")
    options.check_free(out, overwrite)
    from vid2pose3d.train.text import read_lesson, train_text

    cosine = train_text(read_lesson(phrases), out, settings, reporter=console)
    console.say(f"wrote {out}: mean cosine {cosine:.3f} on phrases that were held out")
