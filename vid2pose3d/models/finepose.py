"""The FinePOSE denoiser (Xu et al. 2024): MixSTE told the action by a prompt."""

from functools import partial

from torch import Tensor

from vid2pose3d.models.config import DenoiserConfig
from vid2pose3d.models.cross_attention import PromptCrossAttention
from vid2pose3d.models.mixste import MixSTE
from vid2pose3d.models.prompt import Prompt, PromptEncoder


class FinePOSE(MixSTE):
    """MixSTE with a prompt: pooled in the condition vector, token by token in one cross-attention."""

    def __init__(self, config: DenoiserConfig) -> None:
        if config.prompt is None:
            raise ValueError("FinePOSE needs a prompt configuration")
        super().__init__(config)
        self.prompt = PromptEncoder(config.prompt, config.width)
        self.temporal_cross_attn = PromptCrossAttention(config.width, config.prompt.width, config.heads)
        self._tile = config.prompt.behaviour == "released"

    def forward(self, x2d: Tensor, noisy: Tensor, t: Tensor, prompt: Prompt | None = None) -> Tensor:
        """Clean poses (B, H, F, J, 3); see MixSTE.forward. prompt: from `self.prompt`, for B samples."""
        if prompt is None:
            raise ValueError("FinePOSE needs a prompt")
        condition = self.time_mlp(t) + prompt.pooled
        attend = partial(self.temporal_cross_attn, tokens=prompt.tokens, condition=condition, tile=self._tile)
        return self.denoise(x2d, noisy, condition, attend)
