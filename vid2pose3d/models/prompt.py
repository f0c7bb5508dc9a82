"""FinePOSE's part-aware prompt (FPP): learnable vectors and words -> CLIP text tower -> encoder -> prompt tokens."""

from contextlib import nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from vid2pose3d.models.config import PromptConfig
from vid2pose3d.text.tower import TextTower


@dataclass(frozen=True)
class Prompt:
    """What the denoiser takes of a text: it depends on the text only, so it is encoded once."""

    tokens: Tensor
    """(B, L, text width) keys and values of the cross-attention."""
    pooled: Tensor
    """(B, width) part of the condition vector."""

    def expand(self, count: int) -> "Prompt":
        """The same for `count` samples, where it is that of one."""
        return Prompt(self.tokens.expand(count, -1, -1), self.pooled.expand(count, -1))


class PromptEncoder(nn.Module):
    """Parameters under the names of the release, which keeps them directly in the denoiser."""

    def __init__(self, config: PromptConfig, width: int) -> None:
        super().__init__()
        self.config = config
        for group in config.groups:
            vectors = torch.empty(group.learnable, config.width).normal_(std=0.02)
            trained = config.behaviour == "corrected"
            self.register_parameter(f"ctx_{group.name}", nn.Parameter(vectors, requires_grad=trained))
        self.clip_text = TextTower(width=config.width, heads=config.heads, layers=config.layers,
                                   context=config.length, vocabulary=config.vocabulary)
        self.clip_text.requires_grad_(not config.frozen and config.behaviour == "corrected")
        layer = nn.TransformerEncoderLayer(config.width, config.encoder_heads, config.encoder_hidden, dropout=0.0,
                                           activation="gelu", batch_first=True)
        self.textTransEncoder = nn.TransformerEncoder(layer, config.encoder_layers, enable_nested_tensor=False)
        self.text_ln = nn.LayerNorm(config.width)
        self.text_proj = nn.Sequential(nn.Linear(config.width, width))

    def forward(self, action_tokens: Tensor, part_tokens: Tensor) -> Prompt:
        """action_tokens: (B, 77) CLIP ids of the actions; part_tokens: (P, 77) ids of the fixed texts, in order."""
        released = self.config.behaviour == "released"
        with torch.no_grad() if released else nullcontext():
            features = self.clip_text(self.sequence(action_tokens, part_tokens))
        if self.training and self.config.feature_noise:
            spread = features.detach().std(dim=-1, keepdim=True)
            features = features + self.config.feature_noise * spread * torch.randn_like(features)
        tokens = self.text_ln(self.textTransEncoder(features))
        rows = torch.arange(len(tokens), device=tokens.device)
        return Prompt(tokens, self.text_proj(tokens[rows, self._pooled_position(action_tokens)]))

    def sequence(self, action_tokens: Tensor, part_tokens: Tensor) -> Tensor:
        """Embeddings (B, L, text width) of the whole prompt, before positions are added."""
        batch, parts, pieces = len(action_tokens), iter(part_tokens), []
        for group in self.config.groups:
            ids = action_tokens if group.text is None else next(parts).expand(batch, -1)
            learnable = getattr(self, f"ctx_{group.name}").expand(batch, -1, -1)
            pieces += [learnable, self.clip_text.embed(self._kept(ids, group.tokens))]
        return torch.cat(pieces, dim=1)

    def _kept(self, ids: Tensor, count: int) -> Tensor:
        """The ids that a group has room for; corrected: a longer text keeps its end token."""
        kept = ids[:, :count]
        if self.config.behaviour == "released":
            return kept
        cut = (ids[:, count:] > 0).any(dim=1, keepdim=True)
        last = torch.where(cut, ids.max(dim=1, keepdim=True).values, kept[:, -1:])
        return torch.cat([kept[:, :-1], last], dim=1)

    def _pooled_position(self, action_tokens: Tensor) -> Tensor:
        fixed = self.config.pooled_position
        if fixed is not None:
            return torch.full((len(action_tokens),), fixed, device=action_tokens.device)
        end = action_tokens.argmax(dim=1)
        if self.config.behaviour == "released":
            return end
        start = 0
        for group in self.config.groups:
            if group.text is None:
                return start + group.learnable + end.clamp(max=group.tokens - 1)
            start += group.length
        raise ValueError("a prompt without an action needs pooled_position")
