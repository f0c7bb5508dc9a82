"""What networks share: MixSTE's transformer block, the embedding of the diffusion step, stochastic depth."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional


def uncast(x: Tensor) -> torch.autocast:
    """No autocast where positions go in and out: the 8 bits of bf16 would be millimetres."""
    return torch.autocast(x.device.type, enabled=False)


class StepEmbedding(nn.Module):
    """Sines, then cosines, of the diffusion step t (B,) -> (B, width)."""

    frequencies: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        half = width // 2
        rate = math.log(10000) / (half - 1)
        self.register_buffer("frequencies", torch.exp(torch.arange(half) * -rate), persistent=False)

    def forward(self, t: Tensor) -> Tensor:
        angles = t[:, None] * self.frequencies
        return torch.cat([angles.sin(), angles.cos()], dim=-1)


class DropPath(nn.Module):
    """Stochastic depth (Huang et al. 2016): drops whole rows of a residual branch while training."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.rate == 0:
            return x
        keep = 1 - self.rate
        return x * x.new_empty(x.shape[0], *[1] * (x.dim() - 1)).bernoulli_(keep).div_(keep)


class Attention(nn.Module):
    """Multi-head self-attention over the middle axis of (rows, tokens, width)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def mix(self, x: Tensor) -> Tensor:
        """The attended values of all heads, before the projection."""
        rows, tokens, _ = x.shape
        q, k, v = self.qkv(x).view(rows, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        return functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)


class Mlp(nn.Module):
    """Two linear layers with an exact GELU between them."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width)

    def hidden(self, x: Tensor) -> Tensor:
        """What the second layer takes. Without gradients it is made in the memory of what it is made of."""
        x = self.fc1(x)
        return functional.gelu(x) if torch.is_grad_enabled() else torch.ops.aten.gelu_(x)


class Block(nn.Module):
    """Pre-norm transformer block of MixSTE (Zhang et al. 2022), over joints or over frames."""

    def __init__(self, width: int, heads: int, hidden: int, *, drop_path: float) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = Mlp(width, hidden)
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor) -> Tensor:
        x = self._plus(x, self.attn.proj, self.attn.mix(self.norm1(x)))
        return self._plus(x, self.mlp.fc2, self.mlp.hidden(self.norm2(x)))

    def _plus(self, x: Tensor, layer: nn.Linear, y: Tensor) -> Tensor:
        """x + layer(y). Where nothing is dropped or cast, the product is added as it is made, in one pass less."""
        if self.training or torch.is_autocast_enabled(x.device.type):
            return x + self.drop_path(layer(y))
        return (x + layer.bias).flatten(0, 1).addmm_(y.flatten(0, 1), layer.weight.t()).view_as(x)
