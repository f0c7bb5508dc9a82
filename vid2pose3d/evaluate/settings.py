"""The choices of one evaluation, with their defaults."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from vid2pose3d.errors import InputError

Protocol = Literal["h36m", "3dhp", "own"]
Split = Literal["val", "test"]
Views = Literal["first", "trained"]
Prompts = Literal["truth", "neutral"]

_TAKEN_BY: dict[str, tuple[Protocol, ...]] = {
    "keypoints": ("h36m",), "subjects": ("h36m",), "sequences": ("3dhp",), "split": ("own",), "views": ("own",),
    "actions": ("h36m", "own"),
}
"""Options that only some protocols have."""


@dataclass(frozen=True)
class EvaluateSettings:
    """Every choice of one evaluation, as its result records it."""

    protocol: Protocol
    data: Path
    weights: str | None = None
    """Name or file; None: the embedded default."""
    keypoints: str | None = None
    """Which 2D of Human3.6M; None: the only one that is there."""
    split: Split | None = None
    """Of the own data; None: test."""
    views: Views | None = None
    """Cameras and detector noise of the own data: those of the first published figures (also None), or of training."""
    actions: tuple[str, ...] = ()
    """Only these; none: all, like `subjects` and `sequences`."""
    subjects: tuple[str, ...] = ()
    sequences: tuple[str, ...] = ()
    prompts: Prompts = "truth"
    action: str | None = None
    """One prompt for everything, in place of `prompts`."""
    hypotheses: int = 5
    iterations: int = 1
    refine: bool = False
    """Also where `refiner` is given."""
    refiner: Path | None = None
    """Refiner weights; None: those embedded for the lifter's."""
    device: str = "auto"
    seed: int = 0

    def check(self) -> None:
        """Raises InputError for a value that no data could use."""
        for name, count in (("hypotheses", self.hypotheses), ("iterations", self.iterations), ("seed", self.seed)):
            least = 0 if name == "seed" else 1
            if count < least:
                raise InputError(f"--{name} {count}: must be at least {least}")
        for name, protocols in _TAKEN_BY.items():
            value: Any = getattr(self, name)
            if value and self.protocol not in protocols:
                told = ",".join(value) if isinstance(value, tuple) else value
                raise InputError(f"--{name} {told}: belongs to --protocol {' or '.join(protocols)}; leave it out")
        if self.action is not None and self.prompts != "truth":
            raise InputError(f"--action {self.action}: cannot be combined with --prompts {self.prompts}")
