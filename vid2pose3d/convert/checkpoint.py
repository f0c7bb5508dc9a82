"""A released checkpoint in, a weights file with its configuration inside out."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vid2pose3d.convert.origin import ORIGINS, likeness, tell_origin
from vid2pose3d.errors import InputError
from vid2pose3d.models.config import DenoiserConfig
from vid2pose3d.models.registry import build_denoiser
from vid2pose3d.models.released import from_released, released_config
from vid2pose3d.pickled import read_checkpoint
from vid2pose3d.weights import LifterConfig, read_config, save_state

_MODEL = "model_pos"
_METRES = 1.0
"""All released networks work in metres; that for MPI-INF-3DHP turns its results into millimetres afterwards."""


def convert_checkpoint(
    path: Path, out: Path, *, trained_on: str | None = None, warn: Callable[[str], None]
) -> LifterConfig:
    """Write the weights file `out` from a released FinePOSE or D3DP checkpoint. Nothing in `path` is executed.

    trained_on: one of ORIGINS, only needed for a D3DP network that cannot be told from what it does. Raises InputError
    where `path` is no such checkpoint, is damaged, or was converted already.
    """
    check_file(path)
    content = read_checkpoint(path)
    state = _parameters(path, content)
    denoiser = _recognised(path, state)
    kind = _kind(path, denoiser, state, trained_on, warn)
    origin = ORIGINS[kind]
    epoch = content.get("epoch")
    about = f"{'FinePOSE' if denoiser.prompt else 'D3DP'}, trained on {origin.title}; converted from {path.name}"
    config = LifterConfig(denoiser, "screen", origin.fps, _METRES, joints_2d=origin.joints_2d.name,
                          joints_3d=origin.joints_3d.name,
                          about=f"{about}, epoch {epoch}" if isinstance(epoch, int) else about)
    save_state(out, state, config)
    return config


def check_file(path: Path) -> None:
    """Raises InputError where `path` is not a file, or one that was converted already."""
    if path.is_dir():
        raise InputError(f"{path} is a folder; give the checkpoint file in it")
    if not path.is_file():
        raise InputError(f"{path} does not exist; check the name")
    with path.open("rb") as file:
        start = file.read(9)
    if start[8:] != b"{":  # how a safetensors file begins after eight bytes of length; no pickle or archive does
        return
    try:
        read_config(path)
    except InputError as error:
        raise InputError(f"{path}: a safetensors file that is not weights of this program; give the checkpoint as its "
                         "authors released it") from error
    raise InputError(f"{path} is converted already; `run --weights {path}` takes it")


def _parameters(path: Path, content: Mapping[str, Any]) -> dict[str, Tensor]:
    """The denoiser's parameters, float32, under this package's names."""
    model = content.get(_MODEL)
    if not isinstance(model, Mapping):
        keys = ", ".join(map(str, list(content)[:5])) or "nothing"
        raise InputError(f"{path}: has no dictionary '{_MODEL}', which every released FinePOSE or D3DP checkpoint has; "
                         f"it has {keys}")
    state = from_released({str(name): value for name, value in model.items()})
    if not state:
        raise InputError(f"{path}: '{_MODEL}' has no parameters of 'pose_estimator', so it is no checkpoint of "
                         "FinePOSE or D3DP")
    for name, value in state.items():
        if not isinstance(value, Tensor) or not value.is_floating_point():
            raise InputError(f"{path}: {name} is not a tensor of numbers; take a fresh copy")
        if not torch.isfinite(value).all():
            raise InputError(f"{path}: {name} holds numbers that are not finite; take a fresh copy")
    return {name: value.float() for name, value in state.items()}


def _recognised(path: Path, state: Mapping[str, Tensor]) -> DenoiserConfig:
    """The sizes, after every name and shape was compared with those of such a network."""
    try:
        config = released_config(state)
        with torch.device("meta"):
            expected = {name: tuple(value.shape) for name, value in build_denoiser(config).state_dict().items()}
    except (KeyError, ValueError, AssertionError, RuntimeError, ZeroDivisionError) as error:
        raise InputError(f"{path}: not a FinePOSE or D3DP network: {error.args[0] if error.args else error}") from error
    found = {name: tuple(value.shape) for name, value in state.items()}
    for name in expected.keys() | found.keys():
        if expected.get(name) != found.get(name):
            raise InputError(f"{path}: not a FinePOSE or D3DP network: {name} is {found.get(name, 'missing')} and "
                             f"should be {expected.get(name, 'absent')}")
    if config.joints != 17 or config.input_channels != 2:
        raise InputError(f"{path}: takes {config.joints} joints of {config.input_channels} numbers; networks for 17 "
                         "joints of 2 can be used")
    return config


def _kind(
    path: Path, config: DenoiserConfig, state: Mapping[str, Tensor], trained_on: str | None, warn: Callable[[str], None]
) -> str:
    if config.prompt is not None:
        kind = "h36m" if config.prompt.has_action else "3dhp"
        if trained_on not in (None, kind):
            raise InputError(f"--trained-on {trained_on}: {path} is FinePOSE for {ORIGINS[kind].title}; leave it out")
        return kind
    if trained_on is not None:
        return trained_on
    model = build_denoiser(config)
    model.load_state_dict(dict(state))
    scores = likeness(model.eval())
    found = tell_origin(scores)
    if found is None:
        told = ", ".join(f"{kind} {score:.2f}" for kind, score in scores.items())
        warn(f"D3DP's networks look the same, and this one lifts a test motion like none of them (likeness: {told}); "
             "taken for h36m; --trained-on says otherwise")
    return found or "h36m"
