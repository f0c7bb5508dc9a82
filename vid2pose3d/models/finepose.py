"""The FinePOSE denoiser (Xu et al. 2024): MixSTE told the action by a prompt."""

from functools import partial

from torch import Tensor, nn

from vid2pose3d.models.config import DenoiserConfig
from vid2pose3d.models.cross_attention import PromptCrossAttention
from vid2pose3d.models.mixste import MixSTE
from vid2pose3d.models.prompt import Prompt, PromptEncoder


class FinePOSE(MixSTE):
    """MixSTE with a prompt: pooled in the condition vector, token by token in cross-attention before some blocks."""

    def __init__(self, config: DenoiserConfig) -> None:
        if config.prompt is None:
            raise ValueError("FinePOSE needs a prompt configuration")
        super().__init__(config)
        self.prompt = PromptEncoder(config.prompt, config.width)
        self._tile = config.prompt.behaviour == "released"
        if self._tile and config.prompt.every_block:
            raise ValueError("as released, only the first block sees the prompt")
        self.temporal_cross_attn = self._cross_attention()
        later = config.depth - 1 if config.prompt.every_block else 0
        self.later_cross_attn = nn.ModuleList(self._cross_attention() for _ in range(later))

    def _cross_attention(self) -> PromptCrossAttention:
        return PromptCrossAttention(self.config.width, self.prompt.config.width, self.config.heads)

    def forward(self, x2d: Tensor, noisy: Tensor, t: Tensor, prompt: Prompt | None = None) -> Tensor:
        """Clean poses (B, H, F, J, 3); see MixSTE.forward. prompt: from `self.prompt`, for B samples."""
        if prompt is None:
            raise ValueError("FinePOSE needs a prompt")
        condition = self.time_mlp(t) + prompt.pooled
        attend = [partial(block, tokens=prompt.tokens, condition=condition, tile=self._tile)
                  for block in (self.temporal_cross_attn, *self.later_cross_attn)]
        return self.denoise(x2d, noisy, condition, attend)
