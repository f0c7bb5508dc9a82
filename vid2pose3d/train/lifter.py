"""Train a FinePOSE lifter on motion capture seen by virtual cameras and a simulated detector."""

import csv
import json
import time
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from vid2pose3d.data.mocap import MocapClip, data_hash, load_mocap, select
from vid2pose3d.data.windows import WindowSampler, evaluation_windows
from vid2pose3d.diffusion import position_loss
from vid2pose3d.errors import InputError
from vid2pose3d.lift.inputs import CHANNELS
from vid2pose3d.models.config import FREE_TEXT_GROUPS, DenoiserConfig, PromptConfig
from vid2pose3d.models.finepose import FinePOSE
from vid2pose3d.text.tokens import tokenize
from vid2pose3d.text.tower import TextConfig
from vid2pose3d.train.batches import Sample, SampleMaker
from vid2pose3d.train.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from vid2pose3d.train.prompts import PART_TEXTS, PromptDraw
from vid2pose3d.train.reporter import Reporter
from vid2pose3d.train.settings import TrainSettings
from vid2pose3d.train.validate import Validation
from vid2pose3d.weights import LifterConfig, load_text, save

_VALIDATION_SEED = 1
_LOG_COLUMNS = ("step", "seconds", "learning_rate", "loss_mm", "val_mpjpe_mm", "val_p_mpjpe_mm")


class DenoisingLoss(nn.Module):
    """Mean per-joint distance of the predicted clean poses, in the network's unit (FinePOSE's loss)."""

    def __init__(self, model: FinePOSE) -> None:
        super().__init__()
        self.model = model
        self.register_buffer("parts", torch.from_numpy(tokenize(PART_TEXTS)), persistent=False)

    def forward(self, sample: Sample) -> Tensor:
        prompt = self.model.prompt(sample.prompt, self.parts)
        clean = self.model(sample.x2d, sample.noisy, sample.t, prompt)[:, 0]
        return position_loss(clean, sample.target)


def train_lifter(data: Path, folder: Path, settings: TrainSettings, *, device: str, resume: bool,
                 every: int, reporter: Reporter) -> Path:
    """Train on the freely licensed clips of `data`; returns `folder/best.safetensors`, best on the validation split.

    Every `every` steps: validate, log to `folder/log.csv`, and write `folder/checkpoint.pt`, from which `resume` goes
    on exactly as if there had been no stop. Raises InputError for unusable data, settings or a folder in use.
    """
    settings.check()
    clips = load_mocap(data)
    train, validation = (_usable(clips, split, data) for split in ("train", "val"))
    state = Checkpoint(0, float("inf"), data_hash(data), {}, {})
    if resume:
        state = load_checkpoint(folder / "checkpoint.pt", settings, state.data)
    _prepare(folder, settings, state.data, resume)
    fabric = Fabric(accelerator=device, devices=settings.devices,
                    strategy="ddp_fork" if settings.devices > 1 else "auto")
    fabric.launch(partial(_run, train=train, validation=validation, folder=folder, settings=settings, state=state,
                          every=every, reporter=reporter))
    return folder / "best.safetensors"


def _run(fabric: Fabric, *, train: list[MocapClip], validation: list[MocapClip], folder: Path, settings: TrainSettings,
         state: Checkpoint, every: int, reporter: Reporter) -> None:
    """One of the processes of a run."""
    if settings.devices > 1 and fabric.device.type == "cpu":
        torch.set_num_threads(1)
    tower, text = load_text(settings.text)
    config = lifter_config(settings, text)
    torch.manual_seed(settings.seed)
    model = FinePOSE(config.denoiser)
    model.prompt.clip_text.load_state_dict(tower.state_dict())
    start_from_the_input(model)
    optimizer = torch.optim.AdamW(_groups(model, settings.weight_decay), lr=settings.learning_rate)
    if state.step:
        model.load_state_dict(state.model)
        optimizer.load_state_dict(state.optimizer)
    loss_of, optimizer = fabric.setup(DenoisingLoss(model), optimizer)
    validate = Validation(evaluation_windows(validation, frames=settings.frames, fps=settings.fps,
                                             seed=_VALIDATION_SEED), unit=settings.unit, seed=_VALIDATION_SEED,
                          vocabulary=text.vocabulary)
    sampler = WindowSampler(train, frames=settings.frames, fps=settings.fps, augment=True)
    samples = SampleMaker(sampler, PromptDraw(train, text.vocabulary, settings), settings, rank=fabric.global_rank)

    losses: list[float] = []
    begin, best = time.perf_counter(), state.best
    for number, sample in enumerate(samples.stream(state.step, settings.steps), state.step):
        losses.append(_step(fabric, loss_of, optimizer, fabric.to_device(sample), number, settings))
        if not fabric.is_global_zero:
            continue
        reporter.progress("train", number + 1, settings.steps)
        if (number + 1) % every and number + 1 < settings.steps:
            continue
        error, aligned = validate(model, fabric.device)
        _log(folder / "log.csv", number + 1, time.perf_counter() - begin, settings.rate(number),
             1000 * settings.unit * sum(losses) / len(losses), error, aligned)
        reporter.note(f"step {number + 1}: validation MPJPE {error:.1f} mm, P-MPJPE {aligned:.1f} mm")
        if error < best:
            best = error
            save(folder / "best.safetensors", model, config)
        now = Checkpoint(number + 1, best, state.data, model.state_dict(), optimizer.state_dict())
        save_checkpoint(folder / "checkpoint.pt", now, settings)
        losses = []
    reporter.close()


def lifter_config(settings: TrainSettings, text: TextConfig) -> LifterConfig:
    """The lifter that a run trains. text: of the tower that reads its prompts."""
    prompt = PromptConfig(FREE_TEXT_GROUPS, width=text.width, heads=text.heads, layers=text.layers, encoder_layers=1,
                          encoder_heads=text.heads, encoder_hidden=2 * text.width, behaviour="corrected",
                          vocabulary=text.vocabulary, frozen=True, feature_noise=settings.text_noise)
    if prompt.length != text.context:
        raise InputError(f"--text {settings.text}: reads prompts of {text.context} vectors, not {prompt.length}; "
                         "make one with `train text`")
    denoiser = DenoiserConfig(width=settings.width, depth=settings.depth, frames=settings.frames,
                              heads=settings.heads, input_channels=CHANNELS["person"],
                              drop_path=settings.drop_path, prompt=prompt)
    return LifterConfig(denoiser, input="person", fps=settings.fps, unit=settings.unit)


@torch.no_grad()
def start_from_the_input(model: FinePOSE) -> None:
    """Initial values with which the 2D and the joints' identity outweigh step and prompt.

    With the release's, whose position embeddings are zero, small models stay near the mean pose for long: after 300
    steps of 32 windows the error was 208 mm, with these 155 mm (width 96, depth 4, 9 frames).
    """
    model.Spatial_patch_to_embedding.weight.mul_(4.0)
    torch.nn.init.normal_(model.Spatial_pos_embed, std=0.5)
    torch.nn.init.normal_(model.Temporal_pos_embed, std=0.1)
    for layer in ("time_mlp.3", "prompt.text_proj.0", "head.1"):
        model.get_parameter(f"{layer}.weight").mul_(0.1)
        model.get_parameter(f"{layer}.bias").mul_(0.1)


def _usable(clips: list[MocapClip], split: str, data: Path) -> list[MocapClip]:
    chosen = select(clips, split=split, free_only=True)
    if not chosen:
        raise InputError(f"--data {data}: no clip of split {split!r} under a licence that allows any use; add some")
    return chosen


def _prepare(folder: Path, settings: TrainSettings, digest: str, resume: bool) -> None:
    if not resume and (folder / "checkpoint.pt").exists():
        raise InputError(f"--out {folder} holds a run already; pass --resume to go on with it, or another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        recipe = {**asdict(settings), "data_sha256": digest}
        (folder / "recipe.json").write_text(json.dumps(recipe, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"--out {folder} cannot be written: {error.strerror}; choose another folder") from error


def _groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Weight decay for matrices; none for biases, norms and embeddings of positions. Frozen weights are left out."""
    trained = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    decayed = [p for name, p in trained if p.dim() == 2 and "embed" not in name]
    ids = {id(p) for p in decayed}
    others = [p for _, p in trained if id(p) not in ids]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]


def _step(fabric: Fabric, loss_of: nn.Module, optimizer: Any, sample: Sample, number: int,
          settings: TrainSettings) -> float:
    # Stochastic depth draws from the global generator: a resumed run repeats what it would have drawn.
    torch.manual_seed(settings.seed + number * settings.devices + fabric.global_rank)
    for group in optimizer.param_groups:
        group["lr"] = settings.rate(number)
    loss = loss_of(sample)
    fabric.backward(loss)
    fabric.clip_gradients(loss_of, optimizer, max_norm=settings.clip_norm)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return float(loss.detach())


def _log(path: Path, *values: float) -> None:
    fresh = not path.exists()
    with open(path, "a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if fresh:
            writer.writerow(_LOG_COLUMNS)
        writer.writerow([f"{value:.6g}" for value in values])
