"""Train a refiner (D3PRefiner): an error model of a lifter, and a network that takes its errors back."""

import math
import time
from dataclasses import asdict
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from vid2pose3d.data.cameras import CameraConfig
from vid2pose3d.data.detector_noise import DetectorNoise
from vid2pose3d.data.mocap import MocapClip, data_hash, load_mocap
from vid2pose3d.data.windows import evaluation_windows
from vid2pose3d.diffusion import CosineSchedule
from vid2pose3d.errors import InputError
from vid2pose3d.lift import Lifter
from vid2pose3d.models.config import REFINER_STEPS, Context, PoseDenoiserConfig
from vid2pose3d.models.pose_denoiser import PoseDenoiser
from vid2pose3d.refine.error_model import ErrorModel, correlated, frame_correlation
from vid2pose3d.refine.process import disturb
from vid2pose3d.refine.refiner import Refiner
from vid2pose3d.refine.scale import Scale
from vid2pose3d.refine.vectors import contexts, flat, unflat
from vid2pose3d.refine.weights import RefinerConfig, RefinerWeights, save_refiner
from vid2pose3d.reporter import Reporter
from vid2pose3d.skeleton import H36M17
from vid2pose3d.train.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from vid2pose3d.train.log import RunLog
from vid2pose3d.train.loop import moving_average, prepare_folder, usable_clips
from vid2pose3d.train.pairs import Pairs, cross_fitted, lift_pairs
from vid2pose3d.train.refiner_card import write_refiner_card
from vid2pose3d.train.settings import RefinerSettings
from vid2pose3d.train.validate import RefinedErrors, refined_errors

_VALIDATION_SEED = 1
_RIDGE: dict[Context, float] = {"frame": 1e-6, "motion": 1e-3}
"""Of the mean variance of a context; moving means are nearly the estimate itself."""
_MOST_FRAMES = 200_000
"""That the error model is fitted to."""
_COLUMNS = ("step", "seconds", "learning_rate", "loss", "val_mpjpe_mm", "val_p_mpjpe_mm", "val_acceleration_mm")


def train_refiner(data: Path, folder: Path, settings: RefinerSettings, *, device: str, resume: bool, every: int,
                  reporter: Reporter, folds_in: Path | None = None) -> Path:
    """Train for the lifter `settings.base`; returns `folder/best.safetensors`, best on the validation split.

    First the lifters of the folds are trained in `folds_in/fold<k>` (None: in `folder`), `every` steps apart validated
    and saved; what is there already is used. Then the refiner, with a checkpoint after each epoch. `resume` goes on
    where it was stopped. Beside the weights lies their model card. Raises InputError for unusable data, weights,
    settings or a folder in use.
    """
    settings.check()
    base = Lifter.load(settings.base, device=device)
    if (base.config.joints_2d, base.config.joints_3d) != (H36M17.name, H36M17.name):
        raise InputError(f"--base {settings.base}: makes {base.config.joints_3d} poses of {base.config.joints_2d} "
                         f"keypoints, and motion capture has {H36M17.name}; use other weights")
    known = load_mocap(data)
    clips = {split: usable_clips(known, split, data, free_only=settings.free_only) for split in ("train", "val")}
    digest = f"{data_hash(data)} lifted by {base.sha256}"
    state = Checkpoint(0, math.inf, digest, {}, {}, {})
    if resume and (folder / "checkpoint.pt").exists():
        state = load_checkpoint(folder / "checkpoint.pt", settings, digest)
    prepare_folder(folder, {**asdict(settings), "data_sha256": digest}, resume=resume)
    pairs = cross_fitted(data, clips["train"], folds_in or folder, base, settings, device=device, every=every,
                         reporter=reporter)
    return _Run(base, clips, folder, settings, pairs, state, device, reporter).train()


class ErrorDraw:
    """Errors of estimates, as the recipe has them: drawn of the error model, or their own."""

    def __init__(self, pairs: Pairs, model: ErrorModel, settings: RefinerSettings, correlation: float) -> None:
        """correlation: of neighbouring frames, as measured."""
        self._pairs, self._model, self._settings = pairs, model, settings
        self._share = {"iid": 0.0, "ar1": correlation, "shared": 1.0}[settings.correlation]
        self._marginal = np.linalg.cholesky(_covariance(flat(pairs.estimate - pairs.truth)))

    def __call__(self, index: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """(B, F, 17, 3) metres, for the windows `index` (B,)."""
        x2d, estimate, truth = (values[index] for values in self._pairs)
        if self._settings.distribution == "measured":
            return estimate - truth
        z = correlated(rng.standard_normal((*x2d.shape[:2], len(self._model.error_mean))), self._share)
        if self._settings.distribution == "marginal":
            return unflat(self._model.error_mean + z @ self._marginal.T)
        return unflat(self._model.sample(contexts(x2d, estimate, self._settings.context), z))


def fit_errors(pairs: Pairs, settings: RefinerSettings) -> tuple[ErrorModel, float]:
    """The error model of pairs, and how neighbouring frames correlate in what it leaves open.

    Of very many windows it is fitted to some frames each, evenly chosen: neighbours tell nearly the same.
    """
    error, context = flat(pairs.estimate - pairs.truth), contexts(pairs.x2d, pairs.estimate, settings.context)
    step = -(-error.shape[0] * error.shape[1] // _MOST_FRAMES)
    rows, numbers = (values[:, ::step].reshape(-1, values.shape[-1]).astype(np.float64) for values in (context, error))
    model = ErrorModel.fit(rows, numbers, ridge=_RIDGE[settings.context] * float(rows.var(axis=0).mean()),
                           robust=settings.loss == "distance")
    return model, frame_correlation(model.whiten(context[::step], error[::step])) if error.shape[1] > 1 else 0.0


class _Run:
    """The training of the network, from its pairs to its weights."""

    def __init__(self, base: Lifter, clips: dict[str, list[MocapClip]], folder: Path, settings: RefinerSettings,
                 pairs: Pairs, state: Checkpoint, device: str, reporter: Reporter) -> None:
        self.base, self.folder, self.settings, self.state, self.reporter = base, folder, settings, state, reporter
        self.device = torch.device(device)
        self.clips = clips
        self.pairs = Pairs.joined([pairs, pairs.mirrored(base.config.input)])
        self.errors, self.correlation = fit_errors(self.pairs, settings)
        self.draw = ErrorDraw(self.pairs, self.errors, settings, self.correlation)
        self.scale = Scale(self.errors, settings.centre, settings.context)
        self.config = RefinerConfig(
            PoseDenoiserConfig(frames=base.frames, input_channels=pairs.x2d.shape[-1], width=settings.width,
                               depth=settings.depth if settings.epochs else 0, heads=settings.heads,
                               dropout=settings.dropout),
            input=base.config.input, fps=base.fps, base=base.name, base_sha256=base.sha256,
            iterations=settings.iterations, centre=settings.centre, context=settings.context,
            training={**asdict(settings), "data_sha256": state.data, "frame_correlation": round(self.correlation, 4)})
        self.schedule = CosineSchedule(REFINER_STEPS)
        self.validation = self._lift_validation()

    def train(self) -> Path:
        """All epochs that are left; returns the best weights, which may be those before the first: a network that says
        nothing leaves what the error model expects.
        """
        settings, state = self.settings, self.state
        torch.manual_seed(settings.seed)
        model = PoseDenoiser(self.config.network).to(self.device)
        average = AveragedModel(model, multi_avg_fn=moving_average(settings.average))
        optimizer = torch.optim.Adam(model.parameters(), lr=settings.learning_rate)
        if state.step:
            model.load_state_dict(state.model)
            average.load_state_dict(state.average)
            optimizer.load_state_dict(state.optimizer)
        averaged = cast(PoseDenoiser, average.module)
        log = RunLog(self.folder, step=state.step, columns=_COLUMNS)
        before = refined_errors(self.validation.estimate, self.validation.truth)
        self.reporter.note(f"the lifter alone: validation MPJPE {before.mpjpe:.1f} mm, P-MPJPE {before.p_mpjpe:.1f} mm")
        begin, best = time.perf_counter(), state.best
        if not state.step:
            untrained = self._validate(averaged)
            best = untrained.selection
            self.reporter.note(f"before the first epoch: validation MPJPE {untrained.mpjpe:.1f} mm, P-MPJPE "
                               f"{untrained.p_mpjpe:.1f} mm")
            self._keep(averaged, epoch=0, seconds=0.0, before=before, after=untrained)
            self._save(0, best, model, average, optimizer)
        for epoch in range(state.step, settings.epochs):
            loss = self._epoch(epoch, model, average, optimizer)
            errors = self._validate(averaged)
            seconds = time.perf_counter() - begin
            log.add(epoch + 1, seconds, settings.rate(epoch + 0.5), loss, *errors)
            self.reporter.note(f"epoch {epoch + 1}: validation MPJPE {errors.mpjpe:.1f} mm, P-MPJPE "
                               f"{errors.p_mpjpe:.1f} mm")
            if errors.selection < best:
                best = errors.selection
                self._keep(averaged, epoch=epoch + 1, seconds=log.seconds + seconds, before=before, after=errors)
            self._save(epoch + 1, best, model, average, optimizer)
        log.close()
        self.reporter.close()
        return self.folder / "best.safetensors"

    def _save(self, epoch: int, best: float, model: PoseDenoiser, average: AveragedModel,
              optimizer: torch.optim.Optimizer) -> None:
        now = Checkpoint(epoch, best, self.state.data, model.state_dict(), average.state_dict(),
                         optimizer.state_dict())
        save_checkpoint(self.folder / "checkpoint.pt", now, self.settings)

    def _keep(self, model: PoseDenoiser, *, epoch: int, seconds: float, before: RefinedErrors,
              after: RefinedErrors) -> None:
        """The best weights so far, with their card."""
        path = self.folder / "best.safetensors"
        save_refiner(path, model, self.errors, self.config)
        write_refiner_card(path, self.config, train=self.clips["train"], validation=self.clips["val"],
                           settings=self.settings, epoch=epoch, seconds=seconds, before=before, after=after)

    def _epoch(self, epoch: int, model: PoseDenoiser, average: AveragedModel,
               optimizer: torch.optim.Optimizer) -> float:
        """One pass over the windows, each as it is or mirrored; returns the mean loss."""
        settings, count = self.settings, len(self.pairs.truth) // 2
        torch.manual_seed(settings.seed + epoch)  # dropout draws from the global generator
        rng = np.random.default_rng([settings.seed, epoch])
        order = rng.permutation(count) + count * rng.integers(0, 2, count)
        parts = np.array_split(order, max(count // settings.batch, 1))
        losses = []
        for number, index in enumerate(parts):
            for group in optimizer.param_groups:
                group["lr"] = settings.rate(epoch + (number + 0.5) / len(parts))
            loss = self._loss(model.train(), index, rng)
            loss.backward()
            norm = torch.nn.utils.clip_grad_norm_(model.parameters(), settings.clip_norm)
            if not torch.isfinite(norm):
                raise InputError(f"the loss or its gradient is not finite in epoch {epoch + 1}; the checkpoint before "
                                 f"it is kept: lower --learning-rate ({settings.learning_rate:g})")
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            average.update_parameters(model)
            losses.append(float(loss.detach()))
            self.reporter.progress(f"epoch {epoch + 1}/{settings.epochs}", number + 1, len(parts))
        return sum(losses) / len(losses)

    def _loss(self, model: PoseDenoiser, index: np.ndarray, rng: np.random.Generator) -> Tensor:
        """Of estimated errors (D3PRefiner, Eq. 7), in units of their deviations; the pelvis has none."""
        steps = rng.integers(0, REFINER_STEPS, len(index))
        if not self.settings.diffusion:
            steps[:] = REFINER_STEPS - 1
        seen, estimated, true = (values[index] for values in self.pairs)
        drawn, deviation = self.draw(index, rng), flat(self.scale.deviation)
        wanted = unflat(flat(drawn - self.scale.middle(seen, estimated)) / deviation)
        x2d, truth, error, target = (torch.from_numpy(np.asarray(value, dtype=np.float32))
                                     for value in (seen, true, drawn, wanted))
        t = torch.from_numpy(steps)
        given = x2d, disturb(truth, error, t, self.schedule), t
        apart = (model(*(value.to(self.device) for value in given)) - target.to(self.device))[..., 1:, :]
        if self.settings.loss == "squared":
            return apart.square().mean()
        weights = torch.from_numpy(deviation / np.sqrt((deviation ** 2).mean())).to(apart).view(apart.shape[-2:])
        return (apart * weights).norm(dim=-1).mean()

    def _validate(self, model: PoseDenoiser) -> RefinedErrors:
        weights = RefinerWeights("in training", "", self.config, model, self.errors)
        refiner, pairs = Refiner(weights, self.device), self.validation
        return refined_errors(refiner.refine_many(pairs.x2d, pairs.estimate), pairs.truth)

    def _lift_validation(self) -> Pairs:
        """The validation split, seen as in training and lifted by the base, told nothing; it chooses the epoch."""
        windows = evaluation_windows(self.clips["val"], frames=self.base.frames, fps=self.base.fps,
                                     seed=_VALIDATION_SEED, noise=DetectorNoise(), cameras=CameraConfig())
        return lift_pairs(self.base, windows, hypotheses=self.settings.hypotheses,
                          prompts=[None] * len(windows["labels"]), seed=_VALIDATION_SEED)


def _covariance(error: np.ndarray) -> np.ndarray:
    rows = error.reshape(-1, error.shape[-1]).astype(np.float64)
    return np.cov(rows.T) + 1e-12 * np.eye(rows.shape[1])
