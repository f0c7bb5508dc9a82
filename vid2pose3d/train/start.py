"""Where a lifter's parameters start: values that train fast, or those of earlier weights."""

from typing import Any

import torch
from torch import nn

from vid2pose3d.errors import InputError
from vid2pose3d.models.mixste import DirectMixSTE, MixSTETrunk
from vid2pose3d.models.registry import LifterNetwork
from vid2pose3d.train.settings import TrainSettings
from vid2pose3d.weights import LifterConfig

_PROMPT_PARTS = ("prompt.", "temporal_cross_attn.", "later_cross_attn.")
"""First words of the parameters that read a prompt."""


@torch.no_grad()
def start_from_the_input(model: MixSTETrunk) -> None:
    """Initial values with which the 2D and the joints' identity outweigh step and prompt.

    With the release's, whose position embeddings are zero, small models stay near the mean pose for long: after 300
    steps of 32 windows the error was 208 mm, with these 155 mm (width 96, depth 4, 9 frames).
    """
    model.Spatial_patch_to_embedding.weight.mul_(4.0)
    nn.init.normal_(model.Spatial_pos_embed, std=0.5)
    nn.init.normal_(model.Temporal_pos_embed, std=0.1)
    quiet = ["head.1"] if isinstance(model, DirectMixSTE) else ["time_mlp.3", "head.1"]
    for layer in quiet + (["prompt.text_proj.0"] if model.config.prompt else []):
        model.get_parameter(f"{layer}.weight").mul_(0.1)
        model.get_parameter(f"{layer}.bias").mul_(0.1)


def reads_a_prompt(parameter: str) -> bool:
    """Whether the parameter of this name is one of those that read a prompt."""
    return parameter.startswith(_PROMPT_PARTS)


def take_all_but_the_prompt(model: LifterNetwork, start: LifterNetwork) -> None:
    """Load the parameters of `start`, of the same sizes, except those that read a prompt."""
    taken = {name: value for name, value in start.state_dict().items() if not reads_a_prompt(name)}
    missing, unexpected = model.load_state_dict(taken, strict=False)
    if unexpected or not all(map(reads_a_prompt, missing)):
        raise ValueError(f"other parameters: {unexpected or missing}")


def settings_from(config: LifterConfig, settings: TrainSettings) -> TrainSettings:
    """`settings` with the sizes of weights that the run starts from. Raises InputError where they cannot be trained."""
    denoiser = config.denoiser
    if config.input != "person":
        raise InputError(f"--init {settings.init}: takes 2D over the picture, as the released weights do; training "
                         "starts from weights that this program trained")
    sizes: dict[str, Any] = {"width": denoiser.width, "depth": denoiser.depth, "heads": denoiser.heads,
                             "frames": denoiser.frames, "fps": config.fps, "unit": config.unit,
                             "model": denoiser.kind}
    if settings.every_block and settings.text is None and not (denoiser.prompt and denoiser.prompt.every_block):
        raise InputError(f"--every-block: {settings.init} attends in its first block only, and --init keeps that; give "
                         "--text too, and the prompt branch starts anew")
    default = TrainSettings()
    for name, value in sizes.items():
        asked = getattr(settings, name)
        if asked not in (value, getattr(default, name)):
            raise InputError(f"--{name} {asked}: {settings.init} has {value}, and --init keeps it; leave --{name} out")
    return TrainSettings(**{**vars(settings), **sizes})
