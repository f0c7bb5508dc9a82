"""What a run needs to go on after it was stopped at any moment."""

import pickle
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch

from vid2pose3d.errors import InputError
from vid2pose3d.files import replacing

_MAY_CHANGE = ("steps", "cooldown", "epochs")


@dataclass
class Checkpoint:
    """State of a run after `step` steps."""

    step: int
    best: float
    """Lowest validation error so far, millimetres."""
    data: str
    """Hash of the training data."""
    model: dict[str, Any]
    average: dict[str, Any]
    """Moving average of the parameters."""
    optimizer: dict[str, Any]


def save_checkpoint(path: Path, checkpoint: Checkpoint, settings: Any) -> None:
    """Replace the checkpoint; a kill while writing leaves the previous one. settings: a dataclass, the recipe."""
    with replacing(path) as temporary:
        torch.save({**vars(checkpoint), "settings": asdict(settings)}, temporary)


def load_checkpoint(path: Path, settings: Any, data: str) -> Checkpoint:
    """Raises InputError where there is none, or it is of another recipe or other data.

    The number of steps or epochs and the cooldown may change, so that a run can be prolonged or brought to its end.
    """
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
        used = stored.pop("settings")
        checkpoint = Checkpoint(**stored)
    except FileNotFoundError as error:
        raise InputError(f"--resume: {path} does not exist; start without --resume") from error
    except (OSError, RuntimeError, LookupError, TypeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        raise InputError(f"--resume: {path} is not a checkpoint of this kind of run; start without --resume") from error
    defaults = {each.name: each.default for each in fields(settings)}
    for name, value in asdict(settings).items():
        before = used.get(name, defaults[name])  # older versions had no such choice
        if name not in _MAY_CHANGE and before != value:
            raise InputError(f"--resume: {path} was made with {name} {before}, not {value}; use the same")
    if checkpoint.data != data:
        raise InputError(f"--resume: {path} was trained on other data; give the same --data")
    return checkpoint
