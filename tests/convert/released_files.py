"""Small checkpoints nested like those that FinePOSE and D3DP released."""

from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from vid2pose3d.models.config import H36M_GROUPS, DenoiserConfig, PromptConfig
from vid2pose3d.models.registry import build_denoiser

LEARNABLE_3DHP = {"subject": 5, "speed": 8, "head": 8, "body": 8, "arm": 12, "leg": 12}


def config(kind: str) -> DenoiserConfig:
    """kind: finepose_h36m, finepose_3dhp or d3dp."""
    sizes = DenoiserConfig(width=16, depth=2, frames=9)
    if kind == "d3dp":
        return sizes
    prompt = PromptConfig(H36M_GROUPS, width=16, heads=1, layers=1, encoder_layers=1, encoder_heads=8,
                          encoder_hidden=32, behaviour="released", vocabulary=49408)
    if kind == "finepose_3dhp":
        groups = tuple(replace(group, learnable=LEARNABLE_3DHP[group.name]) for group in H36M_GROUPS if group.text)
        prompt = replace(prompt, groups=groups, pooled_position=76)
    return replace(sizes, prompt=prompt)


def nested(state: dict, *, prefix: str = "module.") -> dict:
    """The checkpoint around a state dict that begins at the denoiser."""
    model = OrderedDict({f"{prefix}betas": torch.zeros(1000, dtype=torch.float64)})
    model |= {f"{prefix}pose_estimator.{name}": value for name, value in state.items()}
    moments = {0: {"step": torch.tensor(3.0), "exp_avg": torch.zeros(4)}}
    return {"epoch": 93, "lr": 3.1e-5, "random_state": np.random.RandomState(1234),
            "optimizer": {"state": moments, "param_groups": [{"lr": 6e-5, "betas": (0.9, 0.999), "params": [0]}]},
            "model_pos": model}


def checkpoint(kind: str) -> dict:
    """A checkpoint of one of the kinds with random parameters."""
    torch.manual_seed(0)
    state = {name.removeprefix("prompt."): value + 0.05 * torch.randn_like(value)
             for name, value in build_denoiser(config(kind)).state_dict().items()}
    if kind != "d3dp":
        state |= {"clip_text.visual.conv1.weight": torch.zeros(4, 3, 2, 2), "clip_text.logit_scale": torch.tensor(1.0),
                  "clip_text.text_projection": torch.zeros(16, 16)}
    return nested(state)


def save_checkpoint(path: Path, kind: str, **options: object) -> Path:
    torch.save(checkpoint(kind), path, **options)
    return path
