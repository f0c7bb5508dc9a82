"""Recorded motion for the tests of the training data: made up, small, and with known shapes."""

from collections.abc import Callable

import numpy as np
import pytest
from sway import moving

from vid2pose3d.data.mocap import MocapClip


def make(name: str, frames: int, **changes: object) -> MocapClip:
    fields = {"source": "test", "license": "MIT", "subject": name, "label": f"motion of {name}", "action": "walk",
              "split": "train", "quality": "good", "fps": 30.0}
    joints = moving(frames, seed=sum(name.encode()))
    return MocapClip(id=name, joints=joints, **{**fields, **changes})  # type: ignore[arg-type]


@pytest.fixture
def windows() -> np.ndarray:
    """(6, 20, 17, 3) metres, world frame."""
    return np.stack([moving(20, seed=seed) for seed in range(6)])


@pytest.fixture
def clip() -> Callable[..., MocapClip]:
    """clip(subject, frames, **fields) makes up a clip."""
    return make


@pytest.fixture
def clips() -> list[MocapClip]:
    return [make("ann", 200), make("ann", 90, action="kick left", label="kick with the left leg"),
            make("bob", 60, fps=60.0), make("cy", 9)]
