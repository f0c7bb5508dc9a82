"""A tiny refiner whose network has something to say."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from vid2pose3d.models.config import PoseDenoiserConfig
from vid2pose3d.models.pose_denoiser import PoseDenoiser
from vid2pose3d.refine.error_model import ErrorModel
from vid2pose3d.refine.weights import RefinerConfig, RefinerWeights


@pytest.fixture
def refiner_weights() -> Callable[..., RefinerWeights]:
    def make(kind: str = "person", *, loud: float = 0.3, centre: str = "expected") -> RefinerWeights:
        torch.manual_seed(0)
        network = PoseDenoiserConfig(frames=9, input_channels=6 if kind == "person" else 2, width=16, depth=1, heads=2)
        model = PoseDenoiser(network).eval()
        torch.nn.init.normal_(model.head.weight, std=loud)
        model.load_state_dict({name: value.half().float() for name, value in model.state_dict().items()})
        rng = np.random.default_rng(0)
        errors = ErrorModel.fit(rng.normal(size=(300, 82)), rng.normal(0.01, 0.05, (300, 48)), ridge=1e-6)
        config = RefinerConfig(network, kind, 15.0, "base", "0" * 64, iterations=2, centre=centre)
        return RefinerWeights("tiny", "1" * 64, config, model, errors)

    return make
