"""The one place that chooses where networks run."""

import torch

from vid2pose3d.errors import InputError

DEVICES = ("auto", "cpu", "cuda", "mps")


def choose_device(name: str) -> torch.device:
    """The torch device of that name; "auto" takes cuda, then mps, then cpu.

    Raises InputError for an unknown name or a device that this machine or this build of torch does not have.
    """
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return torch.device(next(device for device in ("cuda", "mps", "cpu") if available[device]))
    if name not in available:
        raise InputError(f"--device {name}: unknown device; choose one of {', '.join(DEVICES)}")
    if not available[name]:
        raise InputError(f"--device {name}: not available here; use --device cpu, or auto to take what is there")
    return torch.device(name)
