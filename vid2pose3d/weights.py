"""Weights files: safetensors with the lifter's configuration inside; find, verify, load and save them."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from vid2pose3d.errors import InputError
from vid2pose3d.files import replacing
from vid2pose3d.models.config import DenoiserConfig, InputKind
from vid2pose3d.models.registry import LifterNetwork, build_network
from vid2pose3d.skeleton import H36M17, joint_set
from vid2pose3d.text.tower import TextConfig, TextTower

DEFAULT = "finepose-small"
DEFAULT_TEXT = "text-small"
_METADATA, _TEXT_METADATA, REFINER_METADATA = "vid2pose3d", "vid2pose3d-text", "vid2pose3d-refiner"
FOLDERS = (Path(__file__).parent / "weights_data", Path(__file__).parents[1] / "weights")
"""Where the embedded weights are: in an installed package, or in a checkout."""
_TEXT_FOLDER = "text"
"""Text towers lie in a folder of their own, as they are no lifters."""


@dataclass(frozen=True)
class Calibration:
    """How far off a lifter's joints are, told from what is known without the truth (lift/uncertainty.py)."""

    level: float
    """Share 0..1 of true joints within the radius around their estimates."""
    offsets: dict[str, float]
    """By joint: the logarithm of its radius in metres where all features are 0. The pelvis has none."""
    slopes: dict[str, float]
    """By feature: what one more of it adds to the logarithm."""
    data_sha256: str = ""
    """Hash of the data on which it was fitted."""


@dataclass(frozen=True)
class LifterConfig:
    """What a lifter's weights file says about itself."""

    denoiser: DenoiserConfig
    input: InputKind
    fps: float
    """Frames per second at which it was trained."""
    unit: float
    """Metres per unit of the network's poses."""
    joints_2d: str = H36M17.name
    """Joint set of the network's 2D input."""
    joints_3d: str = H36M17.name
    """Joint set of its poses."""
    about: str = ""
    """What it is and where it comes from, in one line for people."""
    training: dict[str, Any] = field(default_factory=dict)
    """The recipe of the run that made it, and the hash of its data; empty for a converted checkpoint."""
    calibration: Calibration | None = None
    """Of the uncertainty of its joints; None: not known."""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "LifterConfig":
        calibration = values.get("calibration")
        config = cls(**{**values, "denoiser": DenoiserConfig.from_dict(values["denoiser"]),
                        "calibration": None if calibration is None else Calibration(**calibration)})
        joint_set(config.joints_2d), joint_set(config.joints_3d)
        return config


@dataclass(frozen=True)
class LifterWeights:
    """A loaded lifter."""

    name: str
    sha256: str
    config: LifterConfig
    model: LifterNetwork


def available() -> list[str]:
    """Names of the embedded weights."""
    return sorted({path.stem for folder in FOLDERS for path in folder.glob("*.safetensors")})


def find(weights: str) -> Path:
    """The file of an embedded name or of a path. Raises InputError, listing the names, where there is none."""
    for folder in FOLDERS:
        if (folder / f"{weights}.safetensors").is_file():
            return folder / f"{weights}.safetensors"
    path = Path(weights)
    if path.is_file():
        return path
    raise InputError(f"--weights {weights}: neither a file nor embedded weights; embedded are {', '.join(available())}")


def load(weights: str, *, device: torch.device | str = "cpu") -> LifterWeights:
    """Load a lifter by name or path, in evaluation mode. Raises InputError for an unknown or a damaged file."""
    path = find(weights)
    with _opened(path) as file:
        config = _config(file)
        model = build_network(config.denoiser)
        model.load_state_dict({key: file.get_tensor(key) for key in file.keys()})  # noqa: SIM118 (not a mapping)
    return LifterWeights(path.stem, sha256(path), config, model.to(device).eval())


def read_config(path: Path) -> LifterConfig:
    """The configuration alone, in no time. Raises InputError for a file that is not weights of this program."""
    with _opened(path) as file:
        return _config(file)


def sha256(path: Path) -> str:
    """Checksum of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def save_text(path: Path, tower: TextTower, config: TextConfig) -> None:
    """Write a text tower in half precision, to which its own parameters are rounded too."""
    tower.half().float()
    state = {key: value.half().contiguous() for key, value in tower.state_dict().items()}
    with replacing(path) as temporary:
        save_file(state, temporary, metadata={_TEXT_METADATA: json.dumps(asdict(config))})


def load_text(name: str) -> tuple[TextTower, TextConfig]:
    """A text tower by the name of an embedded one or by path, in single precision. Raises InputError as `load`."""
    places = [folder / _TEXT_FOLDER / f"{name}.safetensors" for folder in FOLDERS]
    path = next((place for place in places if place.is_file()), Path(name))
    if not path.is_file():
        known = sorted({place.stem for folder in FOLDERS for place in (folder / _TEXT_FOLDER).glob("*.safetensors")})
        raise InputError(f"--text {name}: neither a file nor an embedded text tower; embedded are {', '.join(known)}")
    try:
        with safe_open(path, framework="pt") as file:
            config = TextConfig.from_dict(json.loads((file.metadata() or {})[_TEXT_METADATA]))
            tower = TextTower(width=config.width, heads=config.heads, layers=config.layers, context=config.context,
                              vocabulary=config.vocabulary)
            tower.load_state_dict({key: file.get_tensor(key).float() for key in file.keys()})  # noqa: SIM118
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"--text {path}: damaged, or not a text tower ({_first_line(error)}); take a fresh copy, or "
                         "make one with `train text`") from error
    return tower.eval(), config


def save(path: Path, model: LifterNetwork, config: LifterConfig, *, half: bool = False) -> None:
    """Write a lifter as one file, in half precision where asked; an existing one is replaced only by a complete one."""
    state = model.state_dict()
    save_state(path, {key: value.half() for key, value in state.items()} if half else state, config)


def save_state(path: Path, parameters: Mapping[str, Tensor], config: LifterConfig) -> None:
    """Write a lifter's parameters, under the network's names, as `save` does."""
    state = {key: value.detach().cpu().contiguous() for key, value in parameters.items()}
    with replacing(path) as temporary:
        save_file(state, temporary, metadata={_METADATA: json.dumps(config.to_dict())})


def save_with(path: Path, source: Path, config: LifterConfig) -> None:
    """Write the parameters of the file `source`, as they are, with another configuration."""
    with _opened(source) as file:
        parameters = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    save_state(path, parameters, config)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The open file; what goes wrong with it becomes InputError."""
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"--weights {path}: damaged, or not weights of this program ({_first_line(error)}); take a "
                         "fresh copy, or, for a checkpoint of FinePOSE or D3DP, use `weights convert`") from error


def _config(file: Any) -> LifterConfig:
    if _TEXT_METADATA in (file.metadata() or {}):
        raise ValueError("it is a text tower, for `train lifter --text`")
    if REFINER_METADATA in (file.metadata() or {}):
        raise ValueError("it is a refiner, for --refiner")
    return LifterConfig.from_dict(json.loads((file.metadata() or {})[_METADATA]))


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:120] if str(error) else type(error).__name__
