"""The DDIM sampler (Song et al. 2021, Eq. 12) for a denoiser that predicts the clean sample."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from vid2pose3d.diffusion.schedule import CosineSchedule

Denoise = Callable[[Tensor, int], Tensor]
"""(noisy input, step) -> clean sample, both in the pose's own unit."""


@dataclass(frozen=True)
class Prediction:
    """One step of the sampler."""

    step: int
    clean: Tensor
    """The clean sample predicted from this step."""


def ddim_times(steps: int, iterations: int) -> list[int]:
    """The K + 1 steps T-1 ... -1 that the sampler visits. Raises ValueError unless 1 <= K <= T."""
    if not 1 <= iterations <= steps:
        raise ValueError(f"iterations must be within 1..{steps}, got {iterations}")
    return [int(t) for t in np.linspace(-1, steps - 1, iterations + 1).astype(int)[::-1]]


def ddim_sample(denoise: Denoise, start: Tensor, schedule: CosineSchedule, *, iterations: int, eta: float = 1.0,
                noise: Callable[[Tensor], Tensor] = torch.randn_like) -> Iterator[Prediction]:
    """Yield the K predictions of the clean sample; the last one is the answer.

    start: standard normal noise of the sample's shape. `noise` draws what each step adds (eta = 1 adds as much as
    ancestral sampling does). eps is estimated from the unclipped sample in float64, as in D3DP's release.
    """
    times = ddim_times(schedule.steps, iterations)
    x = start
    for step, following in zip(times, times[1:], strict=False):
        clean = schedule.clip(denoise(schedule.clip(x) / schedule.signal, step) * schedule.signal)
        yield Prediction(step, clean / schedule.signal)
        if following < 0:
            return
        now, then = schedule.alphas_cumprod[step].item(), schedule.alphas_cumprod[following].item()
        eps = ((x.double() / now ** 0.5 - clean) / (1 / now - 1) ** 0.5).to(x.dtype)
        sigma = eta * ((1 - now / then) * (1 - then) / (1 - now)) ** 0.5
        x = clean * then ** 0.5 + (1 - then - sigma ** 2) ** 0.5 * eps + sigma * noise(x)
