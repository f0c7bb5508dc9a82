"""Train a lifter on motion capture seen by virtual cameras, or on a benchmark's recordings."""

import math
import time
from collections.abc import Collection
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.multiprocessing import ProcessRaisedException
from torch.optim.swa_utils import AveragedModel

from vid2pose3d.diffusion import CosineSchedule, position_loss
from vid2pose3d.errors import InputError
from vid2pose3d.lift.inputs import CHANNELS
from vid2pose3d.models.config import FREE_TEXT_GROUPS, DenoiserConfig, PromptConfig
from vid2pose3d.models.finepose import FinePOSE
from vid2pose3d.models.mixste import MixSTETrunk
from vid2pose3d.models.prompt import Prompt
from vid2pose3d.models.registry import Deterministic, LifterNetwork, build_network
from vid2pose3d.reporter import Reporter
from vid2pose3d.text.tokens import tokenize
from vid2pose3d.text.tower import TextConfig
from vid2pose3d.train.batches import Sample, SampleMaker
from vid2pose3d.train.card import write_card
from vid2pose3d.train.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from vid2pose3d.train.log import RunLog
from vid2pose3d.train.loop import moving_average, parameter_groups, prepare_folder
from vid2pose3d.train.material import Material, load_material
from vid2pose3d.train.prompts import PART_TEXTS, PromptDraw
from vid2pose3d.train.settings import TrainSettings
from vid2pose3d.train.start import settings_from, start_from_the_input, take_all_but_the_prompt
from vid2pose3d.train.validate import Validation
from vid2pose3d.weights import DEFAULT_TEXT, LifterConfig, find, load, load_text, read_config, save

_VALIDATION_SEED = 1
_PRECISION: dict[str, Any] = {"fp32": "32-true", "bf16": "bf16-mixed"}
_DIRECT: dict[str, dict[str, Any]] = {"mixste": {"direct": "mixste"},
                                      "stcformer": {"direct": "stcformer", "hidden_ratio": 4, "dropout": 0.1}}
"""The lifters without diffusion; STCFormer's MLPs as released."""


class PositionLoss(nn.Module):
    """Mean per-joint distance of the predicted poses, in the network's unit (FinePOSE's and D3DP's loss)."""

    def __init__(self, model: LifterNetwork) -> None:
        super().__init__()
        self.model = model
        self._schedule = CosineSchedule()
        prompt = model.config.prompt
        parts = torch.from_numpy(tokenize(PART_TEXTS, prompt.known if prompt else None))
        self.register_buffer("parts", parts, persistent=False)

    def forward(self, sample: Sample) -> Tensor:
        if isinstance(self.model, Deterministic):
            return position_loss(self.model(sample.x2d), sample.target)
        told = self.model.prompt(sample.prompt, self.parts) if isinstance(self.model, FinePOSE) else None
        clean = self._denoise(sample.x2d, self._noisy(sample, told), sample.t, told)
        return position_loss(clean[:, 0], sample.target)

    @torch.no_grad()
    def _noisy(self, sample: Sample, told: Prompt | None) -> Tensor:
        """The noisy poses, with the lifter's own estimates from pure noise in place of the truth where it should."""
        own = sample.own
        if not own.any():
            return sample.noisy
        start = self._schedule.clip(sample.start[own])
        last = torch.full_like(sample.t[own], self._schedule.steps - 1)
        prompt = None if told is None else Prompt(told.tokens[own], told.pooled[own])
        estimate = self._denoise(sample.x2d[own], start, last, prompt)
        noisy = sample.noisy.clone()
        noisy[own] = self._schedule.diffuse(estimate.float(), sample.noise[own], sample.t[own])
        return noisy

    def _denoise(self, x2d: Tensor, noisy: Tensor, t: Tensor, told: Prompt | None) -> Tensor:
        return self.model(x2d, noisy, t, *([] if told is None else [told]))


def train_lifter(data: Path, folder: Path, settings: TrainSettings, *, device: str, resume: bool,
                 every: int, reporter: Reporter, without: Collection[str] = ()) -> Path:
    """Train on `data` (see `load_material`); returns `folder/best.safetensors`, best on the validation split.

    Every `every` steps: validate, log to `folder/log.csv` and `folder/tensorboard`, and write `folder/checkpoint.pt`,
    from which `resume` goes on exactly as if there had been no stop. Beside the weights lies their model card.
    without: subjects that it must not learn from. Raises InputError for unusable data, settings or a folder in use,
    and where the loss is lost or the memory is not enough.
    """
    settings.check()
    if settings.init is not None:
        settings = settings_from(read_config(find(settings.init)), settings)
    material = load_material(data, settings, without=without)
    state = Checkpoint(0, math.inf, material.sha256, {}, {}, {})
    if resume:
        state = load_checkpoint(folder / "checkpoint.pt", settings, state.data)
    prepare_folder(folder, {**asdict(settings), "data_sha256": state.data}, resume=resume)
    fabric = Fabric(accelerator=device, devices=settings.devices, precision=_PRECISION[settings.precision],
                    strategy="ddp_fork" if settings.devices > 1 else "auto")
    try:
        fabric.launch(partial(_run, material=material, folder=folder, settings=settings, state=state, every=every,
                              reporter=reporter))
    except (torch.OutOfMemoryError, MemoryError, ProcessRaisedException, RuntimeError) as error:
        raise _explained(error, folder, settings) from error
    return folder / "best.safetensors"


def _run(fabric: Fabric, *, material: Material, folder: Path, settings: TrainSettings, state: Checkpoint, every: int,
         reporter: Reporter) -> None:
    """One of the processes of a run."""
    if settings.devices > 1 and fabric.device.type == "cpu":
        torch.set_num_threads(1)
    torch.manual_seed(settings.seed)
    config, model = _new_model(settings, state.data)
    average = AveragedModel(model, multi_avg_fn=moving_average(settings.average))
    optimizer = torch.optim.AdamW(parameter_groups(model, settings.weight_decay), lr=settings.learning_rate)
    if state.step:
        model.load_state_dict(state.model)
        average.load_state_dict(state.average)
        optimizer.load_state_dict(state.optimizer)
    loss_of, optimizer = fabric.setup(PositionLoss(model), optimizer)
    averaged = cast(LifterNetwork, average.to(fabric.device).module)
    validate = Validation(material.validation, unit=settings.unit, seed=_VALIDATION_SEED, prompt=config.denoiser.prompt)
    draw = PromptDraw(material.actions, config.denoiser.prompt, settings)
    samples = SampleMaker(material.sampler, draw, settings, rank=fabric.global_rank)
    log = RunLog(folder, step=state.step) if fabric.is_global_zero else None

    losses: list[float] = []
    begin, best = time.perf_counter(), state.best
    for number, sample in enumerate(samples.stream(state.step, settings.steps), state.step):
        losses.append(_step(fabric, loss_of, optimizer, fabric.to_device(sample), number, settings))
        average.update_parameters(model)
        if log is None:
            continue
        reporter.progress("train", number + 1, settings.steps)
        if (number + 1) % every and number + 1 < settings.steps:
            continue
        errors = validate(averaged, fabric.device)
        seconds = time.perf_counter() - begin
        log.add(number + 1, seconds, settings.rate(number), 1000 * settings.unit * sum(losses) / len(losses), *errors)
        reporter.note(f"step {number + 1}: validation MPJPE {errors.mpjpe:.1f} mm, P-MPJPE {errors.p_mpjpe:.1f} mm; "
                      f"MPJPE {errors.mpjpe_untold:.1f} mm without a prompt")
        if errors.selection < best:
            best = errors.selection
            save(folder / "best.safetensors", averaged, config, half=True)
            write_card(folder / "best.md", folder / "best.safetensors", config, material=material, settings=settings,
                       step=number + 1, seconds=log.seconds + seconds, errors=errors)
        now = Checkpoint(number + 1, best, state.data, model.state_dict(), average.state_dict(),
                         optimizer.state_dict())
        save_checkpoint(folder / "checkpoint.pt", now, settings)
        losses = []
    if log is not None:
        log.close()
    reporter.close()


def _new_model(settings: TrainSettings, data: str) -> tuple[LifterConfig, LifterNetwork]:
    """The lifter at step 0."""
    training = {**asdict(settings), "data_sha256": data}
    start = None if settings.init is None else load(settings.init)
    if start is not None:
        training["init_sha256"] = start.sha256
    if start is not None and settings.text is None:
        denoiser = replace(start.config.denoiser, drop_path=settings.drop_path)
        model = build_network(denoiser)
        model.load_state_dict(start.model.state_dict())
        return replace(start.config, denoiser=denoiser, about="", training=training, calibration=None), model
    tower, text = load_text(settings.text or DEFAULT_TEXT)
    config = replace(lifter_config(settings, text), training=training)
    model = build_network(config.denoiser)
    if isinstance(model, MixSTETrunk):
        start_from_the_input(model)
    if start is not None:
        take_all_but_the_prompt(model, start.model)
    if isinstance(model, FinePOSE):
        model.prompt.clip_text.load_state_dict(tower.state_dict())
    return config, model


def lifter_config(settings: TrainSettings, text: TextConfig) -> LifterConfig:
    """The lifter that a run trains. text: of the tower that reads its prompts."""
    prompt = None if settings.model != "finepose" else PromptConfig(
        FREE_TEXT_GROUPS, width=text.width, heads=text.heads, layers=text.layers, encoder_layers=1,
        encoder_heads=text.heads, encoder_hidden=2 * text.width, behaviour=settings.behaviour,
        vocabulary=text.vocabulary, frozen=True, feature_noise=settings.text_noise, every_block=settings.every_block)
    if prompt is not None and prompt.length != text.context:
        raise InputError(f"--text {settings.text or DEFAULT_TEXT}: reads prompts of {text.context} vectors, not "
                         f"{prompt.length}; make one with `train text`")
    denoiser = DenoiserConfig(width=settings.width, depth=settings.depth, frames=settings.frames,
                              heads=settings.heads, input_channels=CHANNELS["person"],
                              drop_path=settings.drop_path, prompt=prompt, **_DIRECT.get(settings.model, {}))
    return LifterConfig(denoiser, input="person", fps=settings.fps, unit=settings.unit)


def _explained(error: Exception, folder: Path, settings: TrainSettings) -> Exception:
    """What a user can do about it, where there is something; else the error itself.

    The processes of a run hand their errors over as text.
    """
    text = str(error)
    if "InputError: " in text:
        return InputError(text.rpartition("InputError: ")[2].strip())
    if isinstance(error, MemoryError) or "out of memory" in text.lower() or "can't allocate memory" in text:
        return InputError(f"out of memory with --batch {settings.batch}, --frames {settings.frames} and --width "
                          f"{settings.width}; lower one of them (the last checkpoint is in {folder})")
    return error


def _step(fabric: Fabric, loss_of: nn.Module, optimizer: Any, sample: Sample, number: int,
          settings: TrainSettings) -> float:
    # Stochastic depth draws from the global generator: a resumed run repeats what it would have drawn.
    torch.manual_seed(settings.seed + number * settings.devices + fabric.global_rank)
    for group in optimizer.param_groups:
        group["lr"] = settings.rate(number)
    loss = loss_of(sample)
    fabric.backward(loss)
    norm = fabric.clip_gradients(loss_of, optimizer, max_norm=settings.clip_norm, error_if_nonfinite=False)
    if norm is not None and not torch.isfinite(norm):  # the same in all processes, which share their gradients
        raise InputError(f"the loss or its gradient is not finite at step {number}; the checkpoint before it and the "
                         f"best weights are kept: start a new run from those with --init, or lower --learning-rate "
                         f"({settings.learning_rate:g})")
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return float(loss.detach())
