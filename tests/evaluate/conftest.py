"""Tiny lifters that keep what they drew."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from released_files import config

from vid2pose3d.lift import Lifter
from vid2pose3d.models.registry import build_denoiser
from vid2pose3d.models.released import H36M_ACTIONS
from vid2pose3d.skeleton import H36M17, MPI3DHP17
from vid2pose3d.weights import LifterConfig, LifterWeights


class KeepingLifter(Lifter):
    """A lifter that remembers its inputs, prompts and hypotheses."""

    def __init__(self, weights: LifterWeights) -> None:
        super().__init__(weights)
        self.drawn: list[tuple[np.ndarray, np.ndarray]] = []
        self.told: list[list[str | None]] = []

    def draw(self, x2d, noise, prompt):
        poses = super().draw(x2d, noise, prompt)
        self.drawn.append((x2d, poses.copy()))
        return poses

    def encode(self, actions):
        self.told.append(actions)
        return super().encode(actions)


@pytest.fixture
def lifter() -> Callable[..., KeepingLifter]:
    """lifter(kind) of random parameters: d3dp, d3dp_3dhp, finepose_h36m, finepose_3dhp or person (no prompt)."""

    def make(kind: str, fps: float = 50.0) -> KeepingLifter:
        joints = MPI3DHP17 if kind.endswith("3dhp") else H36M17
        denoiser = config("d3dp" if kind in ("d3dp_3dhp", "person") else kind)
        if kind == "person":
            denoiser = replace(denoiser, input_channels=6)
        if kind == "finepose_h36m":
            denoiser = replace(denoiser, prompt=replace(denoiser.prompt, neutral=H36M_ACTIONS))
        torch.manual_seed(0)
        model = build_denoiser(denoiser)
        for parameter in model.parameters():  # branches that start at zero would hide what they are told
            parameter.data += 0.05 * torch.randn_like(parameter)
        says = LifterConfig(denoiser, "person" if kind == "person" else "screen", fps, 1.0, joints.name, joints.name)
        return KeepingLifter(LifterWeights(kind, "0" * 64, says, model))

    return make
