"""STCFormer (Tang et al. 2023): joints attend within their frame and along their own path at once (criss-cross)."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from vid2pose3d.models.config import DenoiserConfig
from vid2pose3d.models.layers import DropPath, uncast
from vid2pose3d.skeleton import H36M17

_PART_DROP = 0.5
_SPATIAL_SHARE, _TEMPORAL_SHARE = 1e-4, 1e-9
"""Weights of the part embedding in the two groups, as released."""


def _part_of(joint: str) -> int:
    """0 trunk and head, 1 right leg, 2 left leg, 3 left arm, 4 right arm."""
    side, _, name = joint.partition("_")
    leg = name in ("hip", "knee", "ankle")
    return {("right", True): 1, ("left", True): 2, ("left", False): 3, ("right", False): 4}.get((side, leg), 0)


PARTS = tuple(_part_of(joint) for joint in H36M17.joints)
"""Body part of each Human3.6M joint."""


class CrissCrossAttention(nn.Module):
    """One half of the channels attends over the joints of a frame, the other over the frames of a joint.

    Module names are those of the released checkpoints. The scale of both is that of all heads together, as released.
    """

    parts: Tensor

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        group = width // 2
        self.heads, self.scale = heads, group ** -0.5
        self.layer_norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.emb = nn.Embedding(max(PARTS) + 1, group // heads)
        self.sep2_t = nn.Conv2d(group, group, kernel_size=3, padding=1, groups=group)
        self.sep2_s = nn.Conv2d(group, group, kernel_size=3, padding=1, groups=group)
        self.drop = DropPath(_PART_DROP)
        self.register_buffer("parts", torch.tensor(PARTS), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """x: (B, F, J, width), J Human3.6M joints."""
        # query, key and value of a channel lie side by side in the released weights
        q, k, v = self.qkv(self.layer_norm(x)).unflatten(-1, (-1, 3)).unbind(-1)
        spatial, temporal = zip(*(each.chunk(2, dim=-1) for each in (q, k, v)), strict=True)
        part = self.emb(self.parts)[None]
        within = self._attend(spatial, (0, 1, 3, 2, 4)) + self._near(self.sep2_s, spatial[2])
        along = self._attend(temporal, (0, 2, 3, 1, 4)) + self._near(self.sep2_t, temporal[2])
        within = within + _SPATIAL_SHARE * self.drop(part)[0, :, None]
        along = along + _TEMPORAL_SHARE * self.drop(part)[0, :, None]
        return x + self.proj(torch.cat([within, along], dim=-1).flatten(3))

    def _attend(self, qkv: tuple[Tensor, ...], order: tuple[int, ...]) -> Tensor:
        """(B, F, J, heads, width of a head). order: of these axes, so that the attended one is the last but one."""
        q, k, v = (each.unflatten(-1, (self.heads, -1)).permute(order).flatten(0, 1) for each in qkv)
        y = functional.scaled_dot_product_attention(q, k, v, scale=self.scale)
        return y.unflatten(0, (qkv[0].shape[0], -1)).permute([order.index(axis) for axis in range(5)])

    def _near(self, convolution: nn.Conv2d, v: Tensor) -> Tensor:
        """Values of the neighbours in the grid of frames and joints, which tell where a joint is in it."""
        y = convolution(v.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        return y.unflatten(-1, (self.heads, -1))


class _Mlp(nn.Module):
    def __init__(self, width: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, hidden, bias=False)
        self.fc2 = nn.Linear(hidden, width, bias=False)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        return self.drop(self.fc2(self.drop(functional.gelu(self.fc1(x)))))


class STCBlock(nn.Module):
    """Criss-cross attention and an MLP without biases, both with a residual."""

    def __init__(self, width: int, heads: int, hidden: int, *, dropout: float) -> None:
        super().__init__()
        self.layer_norm = nn.LayerNorm(width)
        self.mlp = _Mlp(width, hidden, dropout)
        self.stc_att = CrissCrossAttention(width, heads)

    def forward(self, x: Tensor) -> Tensor:
        """x: (B, F, J, width)."""
        x = self.stc_att(x)
        return x + self.mlp(self.layer_norm(x))


class STCFormer(nn.Module):
    """A deterministic lifter: the 2D of a window of any length in, its poses out."""

    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.pose_emb = nn.Linear(config.input_channels, width, bias=False)
        blocks = (STCBlock(width, config.heads, width * config.hidden_ratio, dropout=config.dropout)
                  for _ in range(config.depth))
        self.stcformer = nn.ModuleDict({"stc_block": nn.ModuleList(blocks)})
        self.regress_head = nn.Linear(width, 3, bias=False)

    def forward(self, x2d: Tensor) -> Tensor:
        """Poses (B, F, J, 3) of x2d: (B, F, J, C) normalised 2D."""
        with uncast(x2d):
            x = functional.gelu(self.pose_emb(x2d))
        for block in self.stcformer["stc_block"]:  # type: ignore[attr-defined]
            x = block(x)
        with uncast(x2d):
            return self.regress_head(x.float())
