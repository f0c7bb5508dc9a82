"""The released FinePOSE and D3DP checkpoints: names of their state dicts and the sizes that these tell."""

import re
from collections.abc import Mapping

from torch import Tensor

from vid2pose3d.models.config import H36M_GROUPS, MPI3DHP_GROUPS, DenoiserConfig, PromptConfig

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


def released_config(state: Mapping[str, Tensor], *, heads: int = 8, text_heads: int | None = None,
                    encoder_heads: int = 8) -> DenoiserConfig:
    """The configuration of a released state dict, read from its names and shapes.

    Numbers of heads leave no trace in the shapes; text_heads: those of CLIP, one per 64 channels if not given.
    Raises KeyError where a parameter that every release has is missing.
    """
    found = from_released(state)
    width = found["head.1.weight"].shape[1]
    return DenoiserConfig(
        width=width, depth=_count(found, r"STEblocks\.(\d+)\."), frames=found["Temporal_pos_embed"].shape[1],
        heads=heads, hidden_ratio=found["STEblocks.0.mlp.fc1.weight"].shape[0] // width,
        joints=found["Spatial_pos_embed"].shape[1],
        input_channels=found["Spatial_patch_to_embedding.weight"].shape[1] - 3,
        prompt=_prompt_config(found, text_heads, encoder_heads))


def released_prompt(*, with_action: bool, width: int, heads: int, layers: int, vocabulary: int,
                    encoder_layers: int = 4, encoder_heads: int = 8, encoder_hidden: int | None = None) -> PromptConfig:
    """The released prompt: with an action for Human3.6M, without one for MPI-INF-3DHP."""
    groups = H36M_GROUPS if with_action else MPI3DHP_GROUPS
    return PromptConfig(
        groups, width=width, heads=heads, layers=layers, encoder_layers=encoder_layers, encoder_heads=encoder_heads,
        encoder_hidden=4 * width if encoder_hidden is None else encoder_hidden, behaviour="released",
        vocabulary=vocabulary, pooled_position=None if with_action else sum(group.length for group in groups) - 1)


def _prompt_config(found: Mapping[str, Tensor], heads: int | None, encoder_heads: int) -> PromptConfig | None:
    if "prompt.ctx_subject" not in found:
        return None
    vocabulary, width = found["prompt.clip_text.token_embedding.weight"].shape
    return released_prompt(
        with_action="prompt.ctx_verb" in found, width=width, heads=heads or max(1, width // _CLIP_HEAD_WIDTH),
        layers=_count(found, r"prompt\.clip_text\.transformer\.resblocks\.(\d+)\."), vocabulary=vocabulary,
        encoder_layers=_count(found, r"prompt\.textTransEncoder\.layers\.(\d+)\."), encoder_heads=encoder_heads,
        encoder_hidden=found["prompt.textTransEncoder.layers.0.linear1.weight"].shape[0])


def _count(found: Mapping[str, Tensor], pattern: str) -> int:
    """How many numbered modules there are."""
    return len({match.group(1) for match in map(re.compile(pattern).match, found) if match})
