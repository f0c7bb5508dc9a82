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
        return (self.clip(self.mix(self.signal * x0, noise, t)) / self.signal).to(x0.dtype)

    def mix(self, x0: Tensor, noise: Tensor, t: Tensor) -> Tensor:
        """x0 and noise (B, ...) at the levels of steps t (B,), float64, not clipped (Ho et al. 2020, Eq. 4)."""
        level = self.alphas_cumprod.to(x0.device)[t].reshape(-1, *[1] * (x0.dim() - 1))
        return level.sqrt() * x0 + (1 - level).sqrt() * noise

    def buffers(self) -> dict[str, Tensor]:
        """The twelve arrays (T,) float64 that a released checkpoint holds of its schedule, under their names."""
        level = self.alphas_cumprod
        before = torch.cat([torch.ones_like(level[:1]), level[:-1]])
        variance = self.betas * (1 - before) / (1 - level)
        return {
            "betas": self.betas,
            "alphas_cumprod": level,
            "alphas_cumprod_prev": before,
            "sqrt_alphas_cumprod": level.sqrt(),
            "sqrt_one_minus_alphas_cumprod": (1 - level).sqrt(),
            "log_one_minus_alphas_cumprod": (1 - level).log(),
            "sqrt_recip_alphas_cumprod": (1 / level).sqrt(),
            "sqrt_recipm1_alphas_cumprod": (1 / level - 1).sqrt(),
            "posterior_variance": variance,
            "posterior_log_variance_clipped": variance.clamp(min=1e-20).log(),
            "posterior_mean_coef1": self.betas * before.sqrt() / (1 - level),
            "posterior_mean_coef2": (1 - before) * (1 - self.betas).sqrt() / (1 - level),
        }
