"""Refiner weights: network, error model and what they were made for, in one safetensors file."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from vid2pose3d.errors import InputError
from vid2pose3d.files import replacing
from vid2pose3d.models.config import Centre, Context, InputKind, PoseDenoiserConfig
from vid2pose3d.models.pose_denoiser import PoseDenoiser
from vid2pose3d.refine.error_model import ErrorModel
from vid2pose3d.weights import FOLDERS, REFINER_METADATA, sha256

_FOLDER = "refiner"
"""Embedded refiners lie in a folder of their own beside the lifters."""
_NETWORK, _ERRORS = "network.", "errors."


@dataclass(frozen=True)
class RefinerConfig:
    """What a refiner's weights file says about itself."""

    network: PoseDenoiserConfig
    input: InputKind
    fps: float
    """Frames per second at which it was trained."""
    base: str
    """Name of the lifter's weights whose errors it knows."""
    base_sha256: str
    iterations: int = 1
    centre: Centre = "expected"
    context: Context = "frame"
    training: dict[str, Any] = field(default_factory=dict)
    """The recipe of the run that made it, and the hash of its data."""

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "RefinerConfig":
        return cls(**{**values, "network": PoseDenoiserConfig(**values["network"])})


@dataclass(frozen=True)
class RefinerWeights:
    """A loaded refiner."""

    name: str
    sha256: str
    config: RefinerConfig
    model: PoseDenoiser
    errors: ErrorModel


def save_refiner(path: Path, model: PoseDenoiser, errors: ErrorModel, config: RefinerConfig) -> None:
    """Write a refiner as one file, its network in half precision; what was there is replaced by a complete one only."""
    state = {f"{_NETWORK}{name}": value.detach().cpu().half().contiguous()
             for name, value in model.state_dict().items()}
    state |= {f"{_ERRORS}{name}": torch.from_numpy(value.copy()) for name, value in vars(errors).items()}
    with replacing(path) as temporary:
        save_file(state, temporary, metadata={REFINER_METADATA: json.dumps(asdict(config))})


def load_refiner(path: Path, *, device: torch.device | str = "cpu") -> RefinerWeights:
    """Load a refiner, in evaluation mode. Raises InputError for a missing or damaged file, or one of another kind."""
    if not path.is_file():
        raise InputError(f"--refiner {path}: no such file; make one with `train refiner`")
    try:
        with safe_open(path, framework="pt") as file:
            stated = json.loads((file.metadata() or {})[REFINER_METADATA])
            config = RefinerConfig.from_dict(stated)
            model = PoseDenoiser(config.network)
            model.load_state_dict({key.removeprefix(_NETWORK): file.get_tensor(key) for key in file.keys()  # noqa: SIM118
                                   if key.startswith(_NETWORK)})
            errors = ErrorModel(**{each.name: file.get_tensor(f"{_ERRORS}{each.name}").numpy()
                                   for each in fields(ErrorModel)})
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"--refiner {path}: damaged, or not refiner weights ({str(error).splitlines()[0][:120]}); "
                         "take a fresh copy, or make one with `train refiner`") from error
    return RefinerWeights(path.stem, sha256(path), config, model.to(device).eval(), errors)


def embedded_refiner(base: str, base_sha256: str) -> Path:
    """The embedded refiner for a lifter's weights. Raises InputError where there is none."""
    for folder in FOLDERS:
        for path in sorted((folder / _FOLDER).glob("*.safetensors")):
            if load_refiner(path).config.base_sha256 == base_sha256:
                return path
    raise InputError(f"--refine: no refiner comes with the package for the weights {base}; make one with "
                     "`train refiner` and name it with --refiner")
