"""A file of recorded arrays, and what is compared with it."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Check:
    """What this package computes for one recorded array."""

    key: str
    found: np.ndarray
    unit: float = 1.0
    """Metres (or whatever the array has) per unit of the recording."""
    expected: np.ndarray | None = None
    """Where the recording keeps it otherwise than as an array under `key`."""


class Recorded:
    """The arrays of one file, and which of them were used."""

    def __init__(self, path: Path) -> None:
        with np.load(path, allow_pickle=False) as arrays:
            self._arrays = {key: arrays[key] for key in arrays.files}
        self.used: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._arrays

    def __getitem__(self, key: str) -> np.ndarray:
        self.used.add(key)
        return self._arrays[key]

    def tensor(self, key: str) -> Tensor:
        return torch.from_numpy(self[key])

    def keys(self, prefix: str = "") -> list[str]:
        return [key for key in self._arrays if key.startswith(prefix)]

    @cached_property
    def config(self) -> dict[str, Any]:
        """The recording's own description; empty without one."""
        return json.loads(str(self["config_json"])) if "config_json" in self else {}

    def error(self, check: Check) -> float:
        """Largest absolute difference; infinite where shapes differ or a number is missing."""
        expected = self[check.key] if check.expected is None else check.expected
        if check.found.shape != expected.shape:
            return float("inf")
        if expected.dtype.kind not in "fiub":
            return 0.0 if (check.found == expected).all() else float("inf")
        if not expected.size:
            return 0.0
        error = np.abs(check.found.astype(np.float64) - expected.astype(np.float64)).max() * check.unit
        return float(error) if np.isfinite(error) else float("inf")
