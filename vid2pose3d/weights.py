"""Weights files: safetensors with the lifter's configuration inside; find, verify, load and save them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from vid2pose3d.errors import InputError
from vid2pose3d.files import replacing
from vid2pose3d.models.config import DenoiserConfig, InputKind
from vid2pose3d.models.mixste import MixSTE
from vid2pose3d.models.registry import build_denoiser

DEFAULT = "finepose-small"
_METADATA = "vid2pose3d"
_FOLDERS = (Path(__file__).parent / "weights_data", Path(__file__).parents[1] / "weights")


@dataclass(frozen=True)
class LifterConfig:
    """What a lifter's weights file says about itself."""

    denoiser: DenoiserConfig
    input: InputKind
    fps: float
    """Frames per second at which it was trained."""
    unit: float
    """Metres per unit of the network's poses."""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "LifterConfig":
        return cls(**{**values, "denoiser": DenoiserConfig.from_dict(values["denoiser"])})


@dataclass(frozen=True)
class LifterWeights:
    """A loaded lifter."""

    name: str
    sha256: str
    config: LifterConfig
    model: MixSTE


def available() -> list[str]:
    """Names of the embedded weights."""
    return sorted({path.stem for folder in _FOLDERS for path in folder.glob("*.safetensors")})


def find(weights: str) -> Path:
    """The file of an embedded name or of a path. Raises InputError, listing the names, where there is none."""
    for folder in _FOLDERS:
        if (folder / f"{weights}.safetensors").is_file():
            return folder / f"{weights}.safetensors"
    path = Path(weights)
    if path.is_file():
        return path
    raise InputError(f"--weights {weights}: neither a file nor embedded weights; embedded are {', '.join(available())}")


def load(weights: str, *, device: torch.device | str = "cpu") -> LifterWeights:
    """Load a lifter by name or path, in evaluation mode. Raises InputError for an unknown or a damaged file."""
    path = find(weights)
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a mapping)
        config = LifterConfig.from_dict(json.loads(metadata[_METADATA]))
        model = build_denoiser(config.denoiser)
        model.load_state_dict(state)
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"--weights {path}: damaged, or not weights of this program ({_first_line(error)}); "
                         "take a fresh copy") from error
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return LifterWeights(path.stem, digest, config, model.to(device).eval())


def save(path: Path, model: MixSTE, config: LifterConfig) -> None:
    """Write a lifter as one file; an existing one is replaced only by a complete one."""
    state = {key: value.detach().cpu().contiguous() for key, value in model.state_dict().items()}
    with replacing(path) as temporary:
        save_file(state, temporary, metadata={_METADATA: json.dumps(config.to_dict())})


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:120] if str(error) else type(error).__name__
