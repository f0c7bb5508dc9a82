"""From windows of motion capture to what a lifter's loss takes."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from vid2pose3d.data.windows import Batch
from vid2pose3d.diffusion import CosineSchedule
from vid2pose3d.lift.inputs import person_input
from vid2pose3d.train.material import Sampler
from vid2pose3d.train.prompts import PromptDraw
from vid2pose3d.train.settings import TrainSettings
from vid2pose3d.train.unseen import lose_joints


class Sample(NamedTuple):
    """B samples of the diffusion loss."""

    x2d: Tensor
    """(B, F, 17, C)."""
    noisy: Tensor
    """(B, 1, F, 17, 3) diffused truth."""
    t: Tensor
    """(B,) diffusion steps."""
    own: Tensor
    """(B,) True where the lifter's own estimate is diffused in place of the truth."""
    start: Tensor
    """(B, 1, F, 17, 3) standard normal, of which that estimate is made."""
    noise: Tensor
    """(B, 1, F, 17, 3) standard normal, of which `noisy` was made."""
    prompt: Tensor
    """(B, 77) tokens."""
    target: Tensor
    """(B, F, 17, 3) truth, in the network's unit and view."""


class SampleMaker:
    """Batch `number` of a run is a function of the recipe and the number alone, so that a resumed run repeats none.

    rank: which of the processes that share each batch this is.
    """

    def __init__(self, sampler: Sampler, draw: PromptDraw, settings: TrainSettings, *, rank: int = 0) -> None:
        self._sampler, self._draw, self._settings, self._rank = sampler, draw, settings, rank
        self._schedule = CosineSchedule()

    def __call__(self, number: int) -> Sample:
        settings = self._settings
        size = settings.batch // settings.devices
        rng = np.random.default_rng([settings.seed, number, self._rank])
        batch = self._sampler.batch(size, rng=rng)
        batch["rays"], batch["confidence"] = lose_joints(batch["rays"], batch["confidence"],
                                                         share=settings.lost_joints, rng=rng)
        x2d, target = network_pair(batch, unit=settings.unit,
                                   focal_error=np.exp(rng.normal(0, settings.focal_spread, size)))
        t = rng.integers(0, self._schedule.steps, size)
        t[rng.random(size) < settings.pure_noise] = self._schedule.steps - 1
        own = (t < self._schedule.steps - 1) & (rng.random(size) < settings.own_estimate)
        start, noise = torch.from_numpy(rng.standard_normal((2, *target.shape), dtype=np.float32))
        steps = torch.from_numpy(t)
        noisy = self._schedule.diffuse(target, noise, steps)[:, None]
        prompt = torch.from_numpy(self._draw(batch["labels"], batch["actions"], rng))
        return Sample(x2d, noisy, steps, torch.from_numpy(own), start[:, None], noise[:, None], prompt, target)

    def stream(self, first: int, last: int) -> Iterator[Sample]:
        """Batches first .. last - 1, each made while the one before it is used."""
        with ThreadPoolExecutor(1) as worker:
            following = worker.submit(self, first)
            for number in range(first, last):
                sample = following.result()
                if number + 1 < last:
                    following = worker.submit(self, number + 1)
                yield sample


def network_pair(batch: Batch, *, unit: float, focal_error: np.ndarray | float = 1.0) -> tuple[Tensor, Tensor]:
    """Input (B, F, 17, C) of kind "person" and target (B, F, 17, 3) in its view.

    focal_error: (B,) factors by which the assumed focal length is too short.
    """
    rays = batch["rays"] * np.reshape(focal_error, (-1, 1, 1, 1))
    given = person_input(rays, batch["confidence"])
    target = batch["joints"] @ given.camera_from_view[:, None] / unit
    return torch.from_numpy(given.x2d), torch.from_numpy(target.astype(np.float32))
