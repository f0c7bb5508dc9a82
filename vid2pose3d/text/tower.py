"""CLIP's text tower without its projection, for sequences of embeddings (Radford et al. 2021)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from vid2pose3d.text.clip_library import open_clip


@dataclass(frozen=True)
class TextConfig:
    """What a text tower's weights file says about itself."""

    width: int
    heads: int
    layers: int
    context: int
    vocabulary: tuple[int, ...]
    """CLIP token ids with an embedding."""

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "TextConfig":
        return cls(**{**values, "vocabulary": tuple(values["vocabulary"])})


class TextTower(nn.Module):
    """Token table, position table, causal transformer and final norm; OpenAI's parameter names.

    vocabulary: size of a complete CLIP vocabulary, or the token ids that have an embedding of their own; all others
    share the last row.
    """

    token_rows: Tensor
    causal_mask: Tensor

    def __init__(self, *, width: int, heads: int, layers: int, context: int, vocabulary: int | tuple[int, ...]) -> None:
        super().__init__()
        library = open_clip().transformer
        rows = vocabulary if isinstance(vocabulary, int) else len(vocabulary) + 1
        self.token_embedding = nn.Embedding(rows, width)
        self.positional_embedding = nn.Parameter(torch.empty(context, width).normal_(std=0.01))
        self.transformer = library.Transformer(width, layers, heads, act_layer=library.QuickGELU, batch_first=True)
        self.ln_final = nn.LayerNorm(width)
        nn.init.normal_(self.token_embedding.weight, std=0.02)
        self.register_buffer("token_rows", _token_rows(vocabulary), persistent=False)
        mask = torch.full((context, context), float("-inf")).triu(1)
        self.register_buffer("causal_mask", mask, persistent=False)

    def embed(self, tokens: Tensor) -> Tensor:
        """Embeddings (..., width) of CLIP token ids (...)."""
        return self.token_embedding(self.token_rows[tokens])

    def forward(self, sequence: Tensor) -> Tensor:
        """Features (B, L, width) of embeddings (B, L, width); a position sees itself and what precedes it."""
        length = sequence.shape[1]
        x = sequence + self.positional_embedding[:length]
        return self.ln_final(self.transformer(x, attn_mask=self.causal_mask[:length, :length]))

    def read(self, tokens: Tensor) -> Tensor:
        """Features (N, width) of texts alone, CLIP ids (N, 77), read at the end token, as CLIP does.

        A text longer than the context is read at the last token that fits.
        """
        kept = tokens[:, :min(len(self.positional_embedding), int(tokens.argmax(dim=1).max()) + 1)]
        rows = torch.arange(len(kept), device=kept.device)
        return self(self.embed(kept))[rows, kept.argmax(dim=1)]


def _token_rows(vocabulary: int | tuple[int, ...]) -> Tensor:
    if isinstance(vocabulary, int):
        return torch.arange(vocabulary)
    rows = torch.full((49408,), len(vocabulary), dtype=torch.long)
    rows[list(vocabulary)] = torch.arange(len(vocabulary))
    return rows
