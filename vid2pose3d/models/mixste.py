"""The MixSTE denoiser of D3DP (Shan et al. 2023): clean 3D from noisy 3D, 2D and the diffusion step."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from vid2pose3d.models.config import DenoiserConfig
from vid2pose3d.models.layers import Block, StepEmbedding

Attend = Callable[[Tensor], Tensor]


class MixSTE(nn.Module):
    """Alternating spatial and temporal transformer blocks.

    Module names are those of the released checkpoints, so that their state dicts load as they are.
    """

    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        self.config = config
        width, depth = config.width, config.depth
        rates = [config.drop_path * i / max(depth - 1, 1) for i in range(depth)]
        self.Spatial_patch_to_embedding = nn.Linear(config.input_channels + 3, width)
        self.Spatial_pos_embed = nn.Parameter(torch.zeros(1, config.joints, width))
        self.Temporal_pos_embed = nn.Parameter(torch.zeros(1, config.frames, width))
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

    def forward(self, x2d: Tensor, noisy: Tensor, t: Tensor) -> Tensor:
        """Clean poses (B, H, F, J, 3).

        x2d: (B, F, J, C) normalised 2D; noisy: (B, H, F, J, 3) root-relative poses; t: (B,) diffusion steps.
        """
        return self.denoise(x2d, noisy, self.time_mlp(t))

    def denoise(self, x2d: Tensor, noisy: Tensor, condition: Tensor, attend: Attend | None = None) -> Tensor:
        """Denoise under one condition vector (B, width) for each sample.

        `attend` sees the rows (b, h, j) of frames (rows, F, width) between spatial and temporal block 0.
        """
        batch, hypotheses, frames, joints, _ = noisy.shape
        if frames != self.config.frames:
            raise ValueError(f"the model takes windows of {self.config.frames} frames, got {frames}")
        x2d = x2d[:, None].expand(-1, hypotheses, -1, -1, -1)
        x = self.Spatial_patch_to_embedding(torch.cat([x2d, noisy], dim=-1))
        x = x + self.Spatial_pos_embed + condition[:, None, None, None]
        for i, (spatial, temporal) in enumerate(zip(self.STEblocks, self.TTEblocks, strict=True)):
            x = self.Spatial_norm(spatial(x.reshape(-1, joints, x.shape[-1])))
            x = x.view(-1, frames, joints, x.shape[-1]).transpose(1, 2).reshape(-1, frames, x.shape[-1])
            if i == 0:
                x = (attend(x) if attend else x) + self.Temporal_pos_embed
            x = self.Temporal_norm(temporal(x))
            x = x.view(-1, joints, frames, x.shape[-1]).transpose(1, 2)
        return self.head(x.reshape(batch, hypotheses, frames, joints, -1))
