"""Pose tokens attend to the prompt (FinePOSE's FPC), styled by step and prompt (PTS)."""

from torch import Tensor, nn
from torch.nn import functional


class Stylization(nn.Module):
    """Scale and shift features by the condition; a branch that starts at zero (PTS, after MotionDiffuse)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(width, 2 * width))
        self.norm = nn.LayerNorm(width)
        last = nn.Linear(width, width)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.out_layers = nn.Sequential(nn.SiLU(), nn.Identity(), last)

    def forward(self, y: Tensor, condition: Tensor) -> Tensor:
        """y: (B, N, width), condition: (B, width)."""
        scale, shift = self.emb_layers(condition)[:, None].chunk(2, dim=-1)
        return self.out_layers(self.norm(y) * (1 + scale) + shift)


class PromptCrossAttention(nn.Module):
    """Cross-attention of frames to the prompt's tokens with a stylised residual."""

    def __init__(self, width: int, text_width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.text_norm = nn.LayerNorm(text_width)
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(text_width, width)
        self.value = nn.Linear(text_width, width)
        self.proj_out = Stylization(width)

    def forward(self, x: Tensor, tokens: Tensor, condition: Tensor, *, tile: bool) -> Tensor:
        """x: (rows, F, width) with rows ordered (sample, hypothesis, joint); tokens: (B, L, text width).

        tile: pair row r with text r mod B, as the release does, instead of with its own sample's text. The two
        differ only where the texts of a batch do.
        """
        rows, frames, width = x.shape
        batch = tokens.shape[0]
        text, q = self.text_norm(tokens), self.query(self.norm(x))
        k, v = self._split(self.key(text)), self._split(self.value(text))
        if tile:
            k, v = (each.repeat(rows // batch, 1, 1, 1) for each in (k, v))
        else:
            q = q.view(batch, -1, width)
        y = functional.scaled_dot_product_attention(self._split(q), k, v)
        y = y.transpose(1, 2).reshape(batch, -1, width)
        return x + self.proj_out(y, condition).view(rows, frames, width)

    def _split(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)
