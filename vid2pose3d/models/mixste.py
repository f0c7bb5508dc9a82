"""MixSTE (Zhang et al. 2022), and as the denoiser of D3DP (Shan et al. 2023): clean 3D from noisy 3D, 2D and step."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from vid2pose3d.models.config import DenoiserConfig
from vid2pose3d.models.layers import Block, StepEmbedding, uncast

Attend = Callable[[Tensor], Tensor]

_AT_ONCE = 1_100_000
"""Features that a block takes at once on a CPU: half a window of the released size. What it makes of more is too large
for the C library to use again, and fresh memory costs time."""


class MixSTETrunk(nn.Module):
    """Alternating spatial and temporal transformer blocks.

    Module names are those of the released checkpoints, so that their state dicts load as they are.
    """

    def __init__(self, config: DenoiserConfig, *, denoises: bool) -> None:
        """denoises: whether the noisy pose and the step of the diffusion are inputs too."""
        super().__init__()
        self.config = config
        width, depth = config.width, config.depth
        rates = [config.drop_path * i / max(depth - 1, 1) for i in range(depth)]
        self.Spatial_patch_to_embedding = nn.Linear(config.input_channels + 3 * denoises, width)
        self.Spatial_pos_embed = nn.Parameter(torch.zeros(1, config.joints, width))
        self.Temporal_pos_embed = nn.Parameter(torch.zeros(1, config.frames, width))
        if denoises:
            self.time_mlp = nn.Sequential(StepEmbedding(width), nn.Linear(width, 2 * width), nn.GELU(),
                                          nn.Linear(2 * width, width))
        self.STEblocks = nn.ModuleList(self._block(rate) for rate in rates)
        self.TTEblocks = nn.ModuleList(self._block(rate) for rate in rates)
        self.Spatial_norm = nn.LayerNorm(width, eps=1e-6)
        self.Temporal_norm = nn.LayerNorm(width, eps=1e-6)
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 3))

    def _block(self, drop_path: float) -> Block:
        config = self.config
        return Block(config.width, config.heads, config.width * config.hidden_ratio, drop_path=drop_path)

    def transform(self, given: Tensor, condition: Tensor | None = None, attend: Sequence[Attend] = ()) -> Tensor:
        """Poses (B, H, F, J, 3) of inputs (B, H, F, J, channels).

        condition: (B, width) is added to every token. Number i of `attend` sees the rows (b, h, j) of frames (rows, F,
        width) between spatial and temporal block i.
        """
        batch, hypotheses, frames, joints, _ = given.shape
        if frames != self.config.frames:
            raise ValueError(f"the model takes windows of {self.config.frames} frames, got {frames}")
        with uncast(given):
            x = self.Spatial_patch_to_embedding(given)
        x = x + self.Spatial_pos_embed
        if condition is not None:
            x = x + condition[:, None, None, None]
        x = x.flatten(0, 1)
        for i, (spatial, temporal) in enumerate(zip(self.STEblocks, self.TTEblocks, strict=True)):
            x = _apply(spatial, self.Spatial_norm, x)
            if i < len(attend):
                x = attend[i](x.flatten(0, 1)).view(-1, joints, *x.shape[2:])
            if i == 0:
                x = x + self.Temporal_pos_embed
            x = _apply(temporal, self.Temporal_norm, x)
        with uncast(given):
            return self.head(x.float().unflatten(0, (batch, hypotheses)))


class MixSTE(MixSTETrunk):
    """The denoiser: of the 2D, a noisy pose and the step of the diffusion."""

    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__(config, denoises=True)

    def forward(self, x2d: Tensor, noisy: Tensor, t: Tensor) -> Tensor:
        """Clean poses (B, H, F, J, 3).

        x2d: (B, F, J, C) normalised 2D; noisy: (B, H, F, J, 3) root-relative poses; t: (B,) diffusion steps.
        """
        return self.denoise(x2d, noisy, self.time_mlp(t))

    def denoise(self, x2d: Tensor, noisy: Tensor, condition: Tensor, attend: Sequence[Attend] = ()) -> Tensor:
        """Denoise under one condition vector (B, width) for each sample; attend: see `transform`."""
        x2d = x2d[:, None].expand(-1, noisy.shape[1], -1, -1, -1)
        return self.transform(torch.cat([x2d, noisy], dim=-1), condition, attend)


class DirectMixSTE(MixSTETrunk):
    """MixSTE as it was published: a deterministic lifter, of the 2D alone."""

    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__(config, denoises=False)

    def forward(self, x2d: Tensor) -> Tensor:
        """Poses (B, F, J, 3) of x2d: (B, F, J, C) normalised 2D."""
        return self.transform(x2d[:, None])[:, 0]


def _apply(block: nn.Module, norm: nn.LayerNorm, x: Tensor) -> Tensor:
    """Attend over the tokens of each row, normalise, and exchange both axes: (N, rows, tokens, width) -> (N, tokens,
    rows, width).

    On a CPU some rows at a time.
    """
    count, rows, tokens, width = x.shape
    size = rows
    if x.device.type == "cpu" and not torch.compiler.is_exporting():
        groups = -(-x.numel() // _AT_ONCE)
        size = -(-rows // groups)
    parts = [norm(block(part.flatten(0, 1))).view(count, -1, tokens, width).transpose(1, 2)
             for part in x.split(size, dim=1)]
    return torch.cat(parts, dim=2)
