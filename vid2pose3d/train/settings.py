"""The recipes of training runs."""

import math
from dataclasses import dataclass
from typing import Literal

from vid2pose3d.errors import InputError
from vid2pose3d.models.config import REFINER_STEPS, Behaviour, Centre, Context, LifterKind


@dataclass(frozen=True)
class TrainSettings:
    """Every choice of a run that trains a lifter on motion capture."""

    model: LifterKind = "finepose"
    """Diffusion with a prompt or without, or a deterministic lifter."""
    init: str | None = None
    """Weights to start from, by name or file; they bring their sizes; unless `text` is given, their prompt branch."""
    keypoints: str | None = None
    """Which 2D of Human3.6M's files; None: the only one that is there."""
    free_only: bool = False
    """Leave out clips whose licence restricts what the weights may be used for."""

    width: int = 96
    depth: int = 4
    heads: int = 4
    frames: int = 15
    fps: float = 15.0
    text: str | None = None
    """Text tower that reads the prompts, embedded or a file; it is not trained further. None: that of `init`, or the
    embedded one. With `init`: the prompt branch starts anew, around this tower."""
    behaviour: Behaviour = "corrected"
    """How the prompt conditions the network: see docs/prompts.md."""
    every_block: bool = False
    """Attend to the prompt before every temporal block instead of the first only."""
    text_noise: float = 0.3
    """Noise on its features, relative to their spread."""
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
    own_estimate: float = 0.9
    """Share of the others where the lifter's own estimate from pure noise is diffused in place of the truth: in use,
    every iteration but the first sees such ones."""
    lost_joints: float = 0.1
    """Share of samples with joints that were never seen."""
    focal_spread: float = 0.15
    """Standard deviation of the logarithm of the focal length's error: users' cameras are not calibrated."""
    no_prompt: float = 0.3
    """Share of samples with the neutral prompt, which is the empty text."""
    wrong_prompt: float = 0.1
    """Share of samples that are told another action than theirs."""
    coarse_prompt: float = 0.3
    """Share of the other samples that are told their coarse action, in any words, in place of their clip's label."""
    loose_prompt: float = 0.5
    """Share of the rest that are told what any clip of their action might show. Labels are few: a network learns by
    heart which motion each of them belongs to, and expects that of new people's."""
    reworded: float = 0.5
    """Share of labels that are said in other words."""
    devices: int = 1
    """Processes that share each batch: GPUs, or CPU cores, where several one-thread processes beat many threads."""
    seed: int = 0

    def check(self) -> None:
        """Raises InputError for a value that no run could use."""
        for name in ("width", "depth", "heads", "frames", "steps", "batch", "devices"):
            if getattr(self, name) < 1:
                raise InputError(f"--{name.replace('_', '-')} {getattr(self, name)}: must be at least 1")
        if self.width % (2 * self.heads):
            raise InputError(f"--width {self.width}: must be a multiple of {2 * self.heads} (twice the heads)")
        if self.batch % self.devices:
            raise InputError(f"--batch {self.batch}: must be a multiple of --devices {self.devices}")
        if self.every_block and (self.behaviour == "released" or self.model == "d3dp"):
            raise InputError("--every-block: belongs to --model finepose with --behaviour corrected; leave it out")
        if not 0 <= self.average < 1:
            raise InputError(f"--average {self.average}: must be at least 0 and below 1")
        for name in ("pure_noise", "own_estimate", "loose_prompt"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"--{name.replace('_', '-')} {getattr(self, name)}: must be within 0 and 1")
        for name in ("fps", "learning_rate"):
            if not 0 < getattr(self, name) < float("inf"):
                raise InputError(f"--{name.replace('_', '-')} {getattr(self, name)}: must be above 0")

    def rate(self, step: int) -> float:
        """Learning rate of a step: rises linearly, stays, and falls linearly to zero at the end."""
        rise = min(1.0, (step + 1) / max(self.warmup, 1))
        fall = min(1.0, (self.steps - step) / max(self.cooldown * self.steps, 1.0))
        return self.learning_rate * min(rise, fall)


@dataclass(frozen=True)
class RefinerSettings:
    """Every choice of a run that trains a refiner."""

    base: str
    """Weights of the lifter whose errors it learns, by name or file."""
    folds: int = 5
    """Groups of training subjects; each one's errors are those of a lifter that never saw them. 0: those of `base`
    itself, which is right where it never saw any of them, or errs on them as it does on others."""
    fold_steps: int | None = None
    """Steps of each of these lifters; None: those of the base's recipe."""
    free_only: bool = False
    """Leave out clips whose licence restricts what the weights may be used for."""
    windows: int = 6000
    """Windows that are lifted to learn from, over all folds."""
    hypotheses: int = 5
    """Of each, aggregated as `run` does by default."""
    distribution: Literal["measured", "conditional", "marginal"] = "measured"
    """Of the errors that a noisy pose has in training: the estimate's own, or drawn, given 2D and estimate (the
    paper) or the same for all."""
    correlation: Literal["iid", "ar1", "shared"] = "iid"
    """Of drawn errors over time: none (the paper), as measured from frame to frame, or one for a whole window."""
    context: Context = "motion"
    """What the expected error depends on: the 2D and the estimate of a frame (the paper), or moving means too."""
    centre: Centre = "expected"
    """From where the network estimates: the expected error, given 2D and estimate, or the mean one (the paper)."""
    loss: Literal["distance", "squared"] = "distance"
    """That network and expected error make small: mean distance, as MPJPE has it, or the squared error (the paper)."""
    diffusion: bool = False
    """False: the network only sees whole estimates, and corrects them in one step."""
    width: int = 64
    depth: int = 2
    heads: int = 2
    dropout: float = 0.0
    iterations: int = 1
    """K of the reverse chain, in validation and by default in use."""
    epochs: int = 10
    """0: no network, the expected error alone."""
    batch: int = 32
    learning_rate: float = 2e-3
    warmup: float = 0.1
    """Epochs over which the learning rate rises."""
    cooldown: float = 0.7
    """Last share of the epochs, over which the learning rate falls to zero."""
    clip_norm: float = 1.0
    average: float = 0.99
    """Decay of the exponential moving average of the parameters; 0: none."""
    seed: int = 0

    def check(self) -> None:
        """Raises InputError for a value that no run could use."""
        if self.epochs < 0:
            raise InputError(f"--epochs {self.epochs}: must be at least 0")
        for name in ("windows", "hypotheses", "width", "depth", "heads", "iterations", "batch"):
            if getattr(self, name) < 1:
                raise InputError(f"--{name} {getattr(self, name)}: must be at least 1")
        if self.folds < 0 or self.folds == 1:
            raise InputError(f"--folds {self.folds}: must be at least 2, or 0 for a base that never saw the people")
        if self.fold_steps is not None and self.fold_steps < 1:
            raise InputError(f"--fold-steps {self.fold_steps}: must be at least 1")
        if self.width % (2 * self.heads):
            raise InputError(f"--width {self.width}: must be a multiple of {2 * self.heads} (twice the heads)")
        if not self.diffusion and self.iterations > 1:
            raise InputError(f"--iterations {self.iterations}: without diffusion there is one; pass --iterations 1")
        if self.iterations > REFINER_STEPS:
            raise InputError(f"--iterations {self.iterations}: must be at most {REFINER_STEPS}, the diffusion's steps")
        if not 0 <= self.average < 1:
            raise InputError(f"--average {self.average}: must be at least 0 and below 1")
        if not 0 < self.learning_rate < float("inf"):
            raise InputError(f"--learning-rate {self.learning_rate}: must be above 0")

    def rate(self, passed: float) -> float:
        """Learning rate after some epochs: rises linearly, stays, and falls linearly to zero at the end."""
        rise = min(1.0, passed / self.warmup)
        fall = min(1.0, (1 - passed / self.epochs) / self.cooldown)
        return self.learning_rate * min(rise, fall)


@dataclass(frozen=True)
class TextSettings:
    """Every choice of a run; the width is that of the features to learn."""

    heads: int = 4
    layers: int = 2
    steps: int = 3000
    batch: int = 128
    learning_rate: float = 2e-3
    warmup: int = 200
    known_share: float = 0.35
    """Share of phrases whose action is known."""
    relation: float = 3.0
    """Weight of the error of the similarities between phrases."""
    action: float = 0.1
    """Weight of telling the coarse actions apart."""
    respelled: float = 0.2
    """Share of phrases in which a word is spelled from its parts."""
    seed: int = 0

    def check(self) -> None:
        """Raises InputError for a value that no run could use."""
        for name in ("heads", "layers", "steps", "batch"):
            if getattr(self, name) < 1:
                raise InputError(f"--{name} {getattr(self, name)}: must be at least 1")
        if not 0 < self.learning_rate < float("inf"):
            raise InputError(f"--learning-rate {self.learning_rate}: must be above 0")

    def rate(self, step: int) -> float:
        """Learning rate of a step: rises linearly, then falls to zero along a cosine."""
        rise = min(1.0, (step + 1) / self.warmup)
        return self.learning_rate * rise * (1 + math.cos(math.pi * step / self.steps)) / 2
