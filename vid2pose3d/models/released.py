"""The released FinePOSE and D3DP checkpoints: names of their state dicts and the sizes that these tell."""

import re
from collections.abc import Mapping
from dataclasses import replace

from torch import Tensor

from vid2pose3d.models.config import H36M_GROUPS, MPI3DHP_GROUPS, DenoiserConfig, PromptConfig

H36M_ACTIONS = ("Directions", "Discussion", "Eating", "Greeting", "Phoning", "Photo", "Posing", "Purchases", "Sitting",
                "SittingDown", "Smoking", "Waiting", "WalkDog", "Walking", "WalkTogether")
"""The action texts of Human3.6M on which FinePOSE was trained."""

_HEADS = 8
"""Attention heads of denoiser and text encoder, which shapes do not tell."""
_PROMPT = ("ctx_", "clip_text.", "textTransEncoder.", "text_ln.", "text_proj.")
_UNUSED = ("clip_text.visual.", "clip_text.logit_scale", "clip_text.text_projection")
_CLIP_HEAD_WIDTH = 64


def from_released(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The denoiser's parameters under this package's names.

    Takes the released nesting (`module.pose_estimator.` or without `module.`) and drops what the denoiser does not
    have: the sampler's buffers, CLIP's image tower, its projection and its logit scale.
    """
    found = {}
    for key, value in state.items():
        name = key.removeprefix("module.")
        if not name.startswith("pose_estimator."):
            continue
        name = name.removeprefix("pose_estimator.")
        if not name.startswith(_UNUSED):
            found[f"prompt.{name}" if name.startswith(_PROMPT) else name] = value
    return found


def released_name(name: str) -> str:
    """The name that a parameter of this package's denoiser has in the release, without `module.`."""
    return "pose_estimator." + name.removeprefix("prompt.")


def released_config(state: Mapping[str, Tensor], *, heads: int = _HEADS, text_heads: int | None = None,
                    encoder_heads: int = _HEADS) -> DenoiserConfig:
    """The configuration that parameters under this package's names were made with, from their names and shapes.

    Numbers of heads leave no trace in shapes; text_heads: those of CLIP, one per 64 channels if not given. A prompt
    without `ctx_verb` is that for MPI-INF-3DHP, without an action; no prompt at all is D3DP. Raises KeyError or
    ValueError, naming the parameter, where one that tells a size is missing or has the wrong number of axes.
    """
    width, channels = _shape(state, "Spatial_patch_to_embedding.weight", 2)
    _, joints, _ = _shape(state, "Spatial_pos_embed", 3)
    _, frames, _ = _shape(state, "Temporal_pos_embed", 3)
    hidden, _ = _shape(state, "STEblocks.0.mlp.fc1.weight", 2)
    has_prompt = any(name.startswith("prompt.") for name in state)
    return DenoiserConfig(width=width, depth=_count(state, "STEblocks."), frames=frames, heads=heads,
                          hidden_ratio=hidden // width, joints=joints, input_channels=channels - 3,
                          prompt=_prompt(state, text_heads, encoder_heads) if has_prompt else None)


def released_prompt(*, with_action: bool, width: int, heads: int, layers: int, vocabulary: int,
                    encoder_layers: int = 4, encoder_heads: int = 8, encoder_hidden: int | None = None) -> PromptConfig:
    """The released prompt: with an action for Human3.6M, without one for MPI-INF-3DHP."""
    groups = H36M_GROUPS if with_action else MPI3DHP_GROUPS
    return PromptConfig(
        groups, width=width, heads=heads, layers=layers, encoder_layers=encoder_layers, encoder_heads=encoder_heads,
        encoder_hidden=4 * width if encoder_hidden is None else encoder_hidden, behaviour="released",
        vocabulary=vocabulary, neutral=H36M_ACTIONS if with_action else (),
        pooled_position=None if with_action else sum(group.length for group in groups) - 1)


def _prompt(state: Mapping[str, Tensor], heads: int | None, encoder_heads: int) -> PromptConfig:
    vocabulary, width = _shape(state, "prompt.clip_text.token_embedding.weight", 2)
    hidden, _ = _shape(state, "prompt.textTransEncoder.layers.0.linear1.weight", 2)
    usual = released_prompt(
        with_action="prompt.ctx_verb" in state, width=width, heads=heads or max(width // _CLIP_HEAD_WIDTH, 1),
        layers=_count(state, "prompt.clip_text.transformer.resblocks."), vocabulary=vocabulary,
        encoder_layers=_count(state, "prompt.textTransEncoder.layers."), encoder_heads=encoder_heads,
        encoder_hidden=hidden)
    groups = tuple(replace(group, learnable=_shape(state, f"prompt.ctx_{group.name}", 2)[0]) for group in usual.groups)
    config = replace(usual, groups=groups)
    return config if config.has_action else replace(config, pooled_position=config.length - 1)


def _shape(state: Mapping[str, Tensor], name: str, axes: int) -> tuple[int, ...]:
    if name not in state:
        raise KeyError(f"{name} is missing")
    shape = tuple(state[name].shape)
    if len(shape) != axes or not all(shape):
        raise ValueError(f"{name} has the shape {shape}")
    return shape


def _count(state: Mapping[str, Tensor], prefix: str) -> int:
    """How many numbered modules there are under `prefix`."""
    numbers = {match.group(1) for name in state if (match := re.match(rf"{re.escape(prefix)}(\d+)\.", name))}
    return len(numbers)
