"""The recipe of one training run, stored beside its weights."""

from dataclasses import dataclass
from typing import Literal

from vid2pose3d.errors import InputError


@dataclass(frozen=True)
class TrainSettings:
    """Every choice of a run that trains a lifter on motion capture."""

    model: Literal["finepose", "d3dp"] = "finepose"
    """With a prompt, or without."""
    init: str | None = None
    """Weights to start from, by name or file; they bring their sizes and their prompt branch."""
    free_only: bool = False
    """Leave out clips whose licence restricts what the weights may be used for."""

    width: int = 96
    depth: int = 4
    heads: int = 4
    frames: int = 15
    fps: float = 15.0
    text_width: int = 96
    text_layers: int = 2
    drop_path: float = 0.0
    unit: float = 1.25
    """Metres per unit of the network's poses: puts all joints of an adult within the diffusion's limit of 1.1."""

    steps: int = 3000
    batch: int = 36
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.05
    warmup: int = 100
    """Steps over which the learning rate rises."""
    cooldown: float = 0.3
    """Last share of the steps, over which the learning rate falls to zero."""
    clip_norm: float = 1.0
    average: float = 0.999
    """Decay of the exponential moving average of the parameters, which is what is validated and kept; 0: none."""
    precision: Literal["fp32", "bf16"] = "fp32"
    """bf16: mixed; parameters and loss stay fp32."""
    pure_noise: float = 0.5
    """Share of samples that start from pure noise, as the first iteration does; the others have t ~ U{0..T-1}."""
    focal_spread: float = 0.15
    """Standard deviation of the logarithm of the focal length's error: users' cameras are not calibrated."""
    no_prompt: float = 0.2
    """Share of samples with the neutral prompt."""
    coarse_prompt: float = 0.3
    """Share of prompts that name the class in place of the clip's own label."""
    word_dropout: float = 0.05
    """Share of prompt tokens that become the unknown one."""
    devices: int = 1
    """Processes that share each batch: GPUs, or CPU cores, where several one-thread processes beat many threads."""
    seed: int = 0

    def check(self) -> None:
        """Raises InputError for a value that no run could use."""
        for name in ("width", "depth", "heads", "frames", "steps", "batch", "text_width", "text_layers", "devices"):
            if getattr(self, name) < 1:
                raise InputError(f"--{name.replace('_', '-')} {getattr(self, name)}: must be at least 1")
        for name in ("width", "text_width"):
            if getattr(self, name) % (2 * self.heads):
                raise InputError(f"--{name.replace('_', '-')} {getattr(self, name)}: must be a multiple of "
                                 f"{2 * self.heads} (twice the heads)")
        if self.batch % self.devices:
            raise InputError(f"--batch {self.batch}: must be a multiple of --devices {self.devices}")
        if not 0 <= self.average < 1:
            raise InputError(f"--average {self.average}: must be at least 0 and below 1")
        for name in ("fps", "learning_rate"):
            if not 0 < getattr(self, name) < float("inf"):
                raise InputError(f"--{name.replace('_', '-')} {getattr(self, name)}: must be above 0")

    def rate(self, step: int) -> float:
        """Learning rate of a step: rises linearly, stays, and falls linearly to zero at the end."""
        rise = min(1.0, (step + 1) / max(self.warmup, 1))
        fall = min(1.0, (self.steps - step) / max(self.cooldown * self.steps, 1.0))
        return self.learning_rate * min(rise, fall)
