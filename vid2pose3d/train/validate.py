"""Validation errors in training, of lifters and refiners."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from vid2pose3d.data.windows import Batch
from vid2pose3d.diffusion import CosineSchedule
from vid2pose3d.evaluate.metrics import acceleration_error, mpjpe, p_mpjpe
from vid2pose3d.models.config import PromptConfig
from vid2pose3d.models.finepose import FinePOSE
from vid2pose3d.models.registry import Deterministic, LifterNetwork
from vid2pose3d.text.tokens import tokenize
from vid2pose3d.train.batches import network_pair
from vid2pose3d.train.prompts import PART_TEXTS

_CHUNK = 64


class Errors(NamedTuple):
    """Validation errors, millimetres."""

    mpjpe: float
    """Told each clip's label."""
    p_mpjpe: float
    mpjpe_untold: float
    """Told nothing."""

    @property
    def selection(self) -> float:
        """What the best weights have least of: users give a prompt, or none."""
        return (self.mpjpe + self.mpjpe_untold) / 2


class RefinedErrors(NamedTuple):
    """Validation errors of poses that a refiner gave, millimetres; the acceleration's per squared frame."""

    mpjpe: float
    p_mpjpe: float
    acceleration: float

    @property
    def selection(self) -> float:
        """What the best weights have least of."""
        return (self.mpjpe + self.p_mpjpe) / 2


def refined_errors(poses: np.ndarray, truth: np.ndarray) -> RefinedErrors:
    """Of windows (W, F, J, 3) of at least 3 frames, metres, relative to the pelvis."""
    poses, truth = (1000 * values.astype(np.float64) for values in (poses, truth))
    return RefinedErrors(float(mpjpe(poses, truth).mean()), float(p_mpjpe(poses, truth).mean()),
                         float(acceleration_error(poses, truth).mean()))


class Validation:
    """A fixed set of windows, each lifted by one hypothesis in one iteration without flip."""

    def __init__(self, batch: Batch, *, unit: float, seed: int, prompt: PromptConfig | None) -> None:
        self._x2d, self._target = network_pair(batch, unit=unit)
        known = prompt.known if prompt else None
        self._labels, self._silence, self._parts = (
            torch.from_numpy(tokenize(texts, known)) for texts in (batch["labels"], [""], PART_TEXTS))
        self._noise = torch.randn(self._target.shape, generator=torch.Generator().manual_seed(seed))
        self._unit = unit

    @torch.no_grad()
    def __call__(self, model: LifterNetwork, device: torch.device) -> Errors:
        model.eval()
        told, untold = (self._lifted(model, device, tokens)
                        for tokens in (self._labels, self._silence.expand_as(self._labels)))
        model.train()
        truth = _millimetres(self._target, self._unit)
        return Errors(float(mpjpe(told, truth).mean()), float(p_mpjpe(told, truth).mean()),
                      float(mpjpe(untold, truth).mean()))

    def _lifted(self, model: LifterNetwork, device: torch.device, tokens: Tensor) -> np.ndarray:
        parts = self._parts.to(device)
        chunks = zip(self._x2d.split(_CHUNK), self._noise.split(_CHUNK), tokens.split(_CHUNK), strict=True)
        lifted = [_lift(model, x2d.to(device), noise.to(device), some.to(device), parts).cpu()
                  for x2d, noise, some in chunks]
        return _millimetres(torch.cat(lifted), self._unit)


def _lift(model: LifterNetwork, x2d: Tensor, noise: Tensor, tokens: Tensor, parts: Tensor) -> Tensor:
    if isinstance(model, Deterministic):
        return model(x2d)
    schedule = CosineSchedule()
    t = torch.full((len(x2d),), schedule.steps - 1, device=x2d.device)
    told = [model.prompt(tokens, parts)] if isinstance(model, FinePOSE) else []
    return model(x2d, schedule.clip(noise)[:, None], t, *told)[:, 0]


def _millimetres(poses: Tensor, unit: float) -> np.ndarray:
    values = poses.double().numpy() * unit * 1000
    return values - values[..., :1, :]
