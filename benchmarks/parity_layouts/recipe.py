"""Weights made from the parameters' names, so that a recording of a full-size network need not hold them."""

import zlib

import numpy as np
import torch
from torch import Tensor, nn

from vid2pose3d.models.released import released_name


def fill_by_recipe(model: nn.Module) -> None:
    """Give every parameter the value that belongs to its released name and shape."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(recipe_weights(released_name(name), tuple(parameter.shape)))


def recipe_weights(name: str, shape: tuple[int, ...]) -> Tensor:
    """float32 weights of a parameter by its released name (without `module.`); the first rule that fits holds."""
    draw = np.random.RandomState(zlib.crc32(name.encode())).standard_normal(shape)
    return torch.from_numpy(np.asarray(_scaled(draw, name, shape), dtype=np.float32))


def _scaled(draw: np.ndarray, name: str, shape: tuple[int, ...]) -> np.ndarray:
    last = name.rsplit(".", 1)[-1]
    if last in ("bias", "in_proj_bias"):
        return draw * 0.05
    if last.endswith("pos_embed"):
        return draw * 0.2
    if last.startswith("ctx_") or "token_embedding" in name:
        return draw * 0.02
    if last == "positional_embedding":
        return draw * 0.01
    if len(shape) == 1:
        return 1 + 0.05 * draw
    if name.endswith("head.1.weight"):
        return draw * 0.5 / np.sqrt(shape[-1])
    return draw / np.sqrt(np.prod(shape[1:]))
