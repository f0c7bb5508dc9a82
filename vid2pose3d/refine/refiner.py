"""The refiner: lifted poses and their 2D in, better poses out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vid2pose3d.diffusion import CosineSchedule
from vid2pose3d.errors import InputError
from vid2pose3d.lift.inputs import mirror_input, window_input
from vid2pose3d.lift.windows import Blend, resample, stretches, window_frames
from vid2pose3d.models.config import REFINER_STEPS, InputKind
from vid2pose3d.motion import Camera, Person2D
from vid2pose3d.refine.process import refine
from vid2pose3d.refine.scale import Scale
from vid2pose3d.refine.weights import RefinerConfig, RefinerWeights, embedded_refiner, load_refiner
from vid2pose3d.reporter import Reporter
from vid2pose3d.skeleton import H36M17

Progress = Callable[[int, int], None]

_TOKENS_AT_ONCE = 20_000
"""Joints of frames in one forward pass."""


class Refiner:
    """Estimates how a lifter erred and takes it back (D3PRefiner), over windows or tracks of any length."""

    def __init__(self, weights: RefinerWeights, device: torch.device | str = "cpu", *,
                 iterations: int | None = None) -> None:
        """iterations: K of the reverse chain, those of the weights if not given."""
        self.name, self.sha256 = weights.name, weights.sha256
        self.config: RefinerConfig = weights.config
        self.iterations = iterations or weights.config.iterations
        self._model = weights.model.to(device).eval()
        self._device = torch.device(device)
        self._schedule = CosineSchedule(REFINER_STEPS)
        self._scale = Scale(weights.errors, weights.config.centre, weights.config.context)
        self._deviation = torch.from_numpy(self._scale.deviation).float().to(self._device)
        self._mirror = torch.from_numpy(np.asarray(H36M17.mirror)).to(self._device)

    @classmethod
    def load(cls, weights: Path | None, *, base: str, base_sha256: str, device: torch.device | str = "cpu",
             reporter: Reporter) -> "Refiner":
        """Load a file, or (None) the embedded refiner for a lifter's weights, by the name and hash of those.

        Warns where a file was made for others. Raises InputError where there is none.
        """
        refiner = cls(load_refiner(weights or embedded_refiner(base, base_sha256), device=device), device)
        made_for = refiner.config
        if base_sha256 != made_for.base_sha256:
            reporter.warn(f"the refiner {refiner.name} was made for the weights {made_for.base} "
                          f"({made_for.base_sha256[:12]}), not for {base} ({base_sha256[:12]}); it may do harm")
        return refiner

    def record(self) -> dict[str, Any]:
        """What a result says of the refiner that it went through."""
        return {"name": self.name, "sha256": self.sha256, "base": self.config.base, "iterations": self.iterations}

    def check_input(self, kind: InputKind, base: str) -> None:
        """Raises InputError where the refiner's network cannot take the 2D as a lifter's network does."""
        if kind != self.config.input:
            raise InputError(f"--refiner {self.name}: takes 2D of the kind {self.config.input}, and the weights {base} "
                             f"take {kind}; use a refiner made for them")

    def refine_track(self, person: Person2D, poses: np.ndarray, camera: Camera,
                     progress: Progress | None = None) -> np.ndarray:
        """Refined poses (N, 17, 3) of a track of the 17 Human3.6M joints.

        poses: (N, 17, 3) metres, camera frame, relative to the pelvis; frames with NaN stay as they are and are not
        looked at. What is estimated at the refiner's frame rate is the correction, so that motion between its frames
        is kept. progress: is told how many windows of how many are done.
        """
        refined, known = poses.copy(), np.flatnonzero(np.isfinite(poses).all((1, 2)))
        if not len(known):
            return refined
        corrections = np.zeros((len(known), len(H36M17), 3))
        parts = stretches(person.at(known), self.config.fps)
        indices = [window_frames(len(part.grid), self.config.network.frames) for part in parts]
        total, done = sum(map(len, indices)), 0
        for part, index in zip(parts, indices, strict=True):
            held = resample(part.times, poses[known][part.rows], part.grid)
            blend, size = Blend(len(part.grid), held.shape[1:], index.shape[1]), self._at_once(index.shape[1])
            for chunk in np.split(index, range(size, len(index), size)):
                given = window_input(self.config.input, part.xy[chunk], part.confidence[chunk], camera)
                view = held[chunk] @ given.camera_from_view[:, None]
                better = self.refine_windows(given.x2d, view)
                blend.add(chunk, (better - view) @ given.camera_from_view[:, None].swapaxes(-1, -2))
                done += len(chunk)
                if progress:
                    progress(done, total)
            corrections[part.rows] = resample(part.grid, blend.result(), part.times)
        refined[known] += corrections
        return refined

    @torch.inference_mode()
    def refine_windows(self, x2d: np.ndarray, poses: np.ndarray) -> np.ndarray:
        """Refined poses (W, F, 17, 3), metres, of poses in the view of their input x2d (W, F, 17, C)."""
        relative = poses - poses[..., :1, :]
        seen, mirrored, start, middle = (
            torch.from_numpy(np.ascontiguousarray(value, dtype=np.float32)).to(self._device)
            for value in (x2d, mirror_input(x2d, self.config.input), relative, self._scale.middle(x2d, relative)))

        def predict(x: Tensor, step: int) -> Tensor:
            t = torch.full((len(x),), step, device=self._device)
            here, there = self._model(seen, x, t), self._model(mirrored, self._flip(x), t)
            return middle + (self._deviation * here + self._flip(self._deviation * there)) / 2

        *_, last = refine(predict, start, self._schedule, iterations=self.iterations)
        return last.clean.double().cpu().numpy()

    def refine_many(self, x2d: np.ndarray, poses: np.ndarray) -> np.ndarray:
        """`refine_windows` of any number of windows, some at a time."""
        size = self._at_once(poses.shape[1])
        ends = range(size, len(poses), size)
        return np.concatenate([self.refine_windows(*part) for part in
                               zip(np.split(x2d, ends), np.split(poses, ends), strict=True)])

    def _flip(self, poses: Tensor) -> Tensor:
        """Mirror images (..., 17, 3)."""
        return poses[..., self._mirror, :] * poses.new_tensor([-1.0, 1.0, 1.0])

    def _at_once(self, frames: int) -> int:
        return max(1, _TOKENS_AT_ONCE // (frames * len(H36M17)))
