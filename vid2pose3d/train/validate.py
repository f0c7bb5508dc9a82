"""Validation error of a lifter in training."""

import numpy as np
import torch
from torch import Tensor

from vid2pose3d.data.windows import Batch
from vid2pose3d.diffusion import CosineSchedule
from vid2pose3d.evaluate.metrics import mpjpe, p_mpjpe
from vid2pose3d.models.config import PromptConfig
from vid2pose3d.models.finepose import FinePOSE
from vid2pose3d.models.mixste import MixSTE
from vid2pose3d.text.tokens import tokenize
from vid2pose3d.train.batches import network_pair
from vid2pose3d.train.prompts import PART_TEXTS

_CHUNK = 64


class Validation:
    """A fixed set of windows, each lifted by one hypothesis in one iteration without flip, told its label."""

    def __init__(self, batch: Batch, *, unit: float, seed: int, prompt: PromptConfig | None) -> None:
        self._x2d, self._target = network_pair(batch, unit=unit)
        self._tokens = torch.from_numpy(tokenize(batch["labels"], prompt.known if prompt else None))
        self._noise = torch.randn(self._target.shape, generator=torch.Generator().manual_seed(seed))
        self._unit = unit

    @torch.no_grad()
    def __call__(self, model: MixSTE, device: torch.device) -> tuple[float, float]:
        """MPJPE and P-MPJPE, millimetres."""
        model.eval()
        parts = torch.from_numpy(tokenize(PART_TEXTS)).to(device)
        chunks = zip(self._x2d.split(_CHUNK), self._noise.split(_CHUNK), self._tokens.split(_CHUNK), strict=True)
        lifted = torch.cat([_lift(model, x2d.to(device), noise.to(device), tokens.to(device), parts).cpu()
                            for x2d, noise, tokens in chunks])
        model.train()
        estimate, truth = (_millimetres(poses, self._unit) for poses in (lifted, self._target))
        return float(mpjpe(estimate, truth).mean()), float(p_mpjpe(estimate, truth).mean())


def _lift(model: MixSTE, x2d: Tensor, noise: Tensor, tokens: Tensor, parts: Tensor) -> Tensor:
    schedule = CosineSchedule()
    t = torch.full((len(x2d),), schedule.steps - 1, device=x2d.device)
    told = [model.prompt(tokens, parts)] if isinstance(model, FinePOSE) else []
    return model(x2d, schedule.clip(noise)[:, None], t, *told)[:, 0]


def _millimetres(poses: Tensor, unit: float) -> np.ndarray:
    values = poses.double().numpy() * unit * 1000
    return values - values[..., :1, :]
