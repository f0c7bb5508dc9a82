"""CLIP's text tower without its projection, for sequences of embeddings (Radford et al. 2021)."""

import torch
from torch import Tensor, nn

from vid2pose3d.text.clip_library import open_clip


class TextTower(nn.Module):
    """Token table, position table, causal transformer and final norm; OpenAI's parameter names.

    vocabulary: size of a complete CLIP vocabulary, or the token ids that have an embedding of their own; all others
    share the last row.
    """

    token_rows: Tensor

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
        x = sequence + self.positional_embedding
        return self.ln_final(self.transformer(x, attn_mask=self.causal_mask))


def _token_rows(vocabulary: int | tuple[int, ...]) -> Tensor:
    if isinstance(vocabulary, int):
        return torch.arange(vocabulary)
    rows = torch.full((49408,), len(vocabulary), dtype=torch.long)
    rows[list(vocabulary)] = torch.arange(len(vocabulary))
    return rows
