"""The one place that chooses where networks run."""

import os

import torch

from vid2pose3d.errors import InputError

DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


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


def choose_precision(name: str, device: torch.device) -> torch.dtype:
    """The number format of matrix products on `device`.

    Raises InputError for an unknown name, and for one in which the device is slow beyond use.
    """
    if name not in PRECISIONS:
        raise InputError(f"--precision {name}: unknown precision; choose one of {', '.join(PRECISIONS)}")
    if name == "fp16" and device.type == "cpu":
        raise InputError(f"--precision {name}: CPUs have no arithmetic for it; use fp32 or bf16, or another --device")
    if name == "bf16" and device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False):
        raise InputError(f"--precision {name}: this GPU has no arithmetic for it; use fp16 or fp32")
    return PRECISIONS[name]


def usable_cpus() -> int:
    """CPUs that this process may use; more threads than that slow networks down."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
