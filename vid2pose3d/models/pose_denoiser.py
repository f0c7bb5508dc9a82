"""The refiner's network (D3PRefiner, arXiv 2401.03914): a noisy pose's error, from it, its 2D and the step."""

import torch
from torch import Tensor, nn

from vid2pose3d.models.config import PoseDenoiserConfig
from vid2pose3d.models.layers import StepEmbedding, uncast
from vid2pose3d.models.stcformer import STCBlock

_HIDDEN_RATIO = 4


class DenoisingBlock(nn.Module):
    """Two criss-cross blocks; the second also sees the step."""

    def __init__(self, width: int, heads: int, *, dropout: float) -> None:
        super().__init__()
        self.first, self.second = (STCBlock(width, heads, _HIDDEN_RATIO * width, dropout=dropout) for _ in range(2))
        self.step = nn.Linear(width, width)

    def forward(self, x: Tensor, step: Tensor) -> Tensor:
        """x: (B, F, J, width), step: (B, width)."""
        return self.second(self.first(x) + self.step(step)[:, None, None])


class PoseDenoiser(nn.Module):
    """Estimates the error e of a pose that is partly on its way from the truth to an estimate.

    The paper gives the block in words; that each of its two attentions has an MLP of its own is read from the paper's
    table of sizes (7.2, 10.5, 13.9 and 17.2 million for 4, 6, 8 and 10 blocks).
    """

    def __init__(self, config: PoseDenoiserConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.embed = nn.Linear(config.input_channels + 3, width)
        self.time_mlp = nn.Sequential(StepEmbedding(width), nn.Linear(width, 4 * width), nn.GELU(),
                                      nn.Linear(4 * width, width))
        self.blocks = nn.ModuleList(DenoisingBlock(width, config.heads, dropout=config.dropout)
                                    for _ in range(config.depth))
        self.head = nn.Linear(width, 3)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, x2d: Tensor, noisy: Tensor, t: Tensor) -> Tensor:
        """Normalised errors (B, F, J, 3), zero at the start.

        x2d: (B, F, J, C) normalised 2D; noisy: (B, F, J, 3) poses, metres, relative to the pelvis; t: (B,) steps.
        """
        step = self.time_mlp(t)
        with uncast(noisy):
            x = self.embed(torch.cat([x2d, noisy], dim=-1))
        for block in self.blocks:
            x = block(x, step)
        with uncast(noisy):
            return self.head(x.float())
