"""The cosine noise schedule (Nichol and Dhariwal 2021, Eq. 17) as D3DP and FinePOSE use it."""

import numpy as np
import torch
from torch import Tensor


class CosineSchedule:
    """Cumulative signal levels of T diffusion steps and the forward process, in float64.

    signal: the pose is diffused as signal * x0 and clipped to +-limit * signal (D3DP's 1.0 and 1.1).
    """

    def __init__(self, steps: int = 1000, *, signal: float = 1.0, limit: float = 1.1) -> None:
        if steps < 1:
            raise ValueError(f"steps must be at least 1, got {steps}")
        grid = np.arange(steps + 1, dtype=np.float64) / steps
        level = np.cos((grid + 0.008) / 1.008 * np.pi / 2) ** 2
        betas = np.clip(1 - level[1:] / level[:-1], 0, 0.999)
        self.steps, self.signal, self.limit = steps, signal, limit
        self.betas = torch.from_numpy(betas)
        self.alphas_cumprod = torch.from_numpy(np.cumprod(1 - betas))

    def clip(self, x: Tensor) -> Tensor:
        """x held within +-limit * signal."""
        bound = self.limit * self.signal
        return x.clamp(-bound, bound)

    def diffuse(self, x0: Tensor, noise: Tensor, t: Tensor) -> Tensor:
        """The network's noisy input at steps t (B,) for clean x0 and standard normal noise (B, ...)."""
        level = self.alphas_cumprod.to(x0.device)[t].reshape(-1, *[1] * (x0.dim() - 1))
        noisy = level.sqrt() * self.signal * x0 + (1 - level).sqrt() * noise
        return (self.clip(noisy) / self.signal).to(x0.dtype)
