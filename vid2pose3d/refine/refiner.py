"""The refiner: lifted poses and their 2D in, better poses out."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from vid2pose3d.diffusion import CosineSchedule
from vid2pose3d.lift.inputs import mirror_input, window_input
from vid2pose3d.lift.windows import Blend, resample, stretches, window_frames
from vid2pose3d.models.config import REFINER_STEPS
from vid2pose3d.motion import Camera, Person2D
from vid2pose3d.refine.process import refine
from vid2pose3d.refine.vectors import unflat
from vid2pose3d.refine.weights import RefinerConfig, RefinerWeights, embedded_refiner, load_refiner
from vid2pose3d.skeleton import H36M17

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
        self._mean, self._deviation = (
            torch.from_numpy(unflat(value)).float().to(self._device)
            for value in (weights.errors.error_mean, weights.errors.error_deviation))
        self._mirror = torch.from_numpy(np.asarray(H36M17.mirror)).to(self._device)

    @classmethod
    def load(cls, weights: Path | None, *, base: str, base_sha256: str,
             device: torch.device | str = "cpu") -> "Refiner":
        """Load a file, or (None) the embedded refiner for a lifter's weights. Raises InputError where there is none."""
        path = weights or embedded_refiner(base, base_sha256)
        return cls(load_refiner(path, device=device), device)

    def warning(self, base: str, base_sha256: str) -> str | None:
        """What to say where the poses come from other weights than those whose errors it knows."""
        if base_sha256 == self.config.base_sha256:
            return None
        return (f"the refiner {self.name} was made for the weights {self.config.base} "
                f"({self.config.base_sha256[:12]}), not for {base} ({base_sha256[:12]}); it may do harm")

    def refine_track(self, person: Person2D, poses: np.ndarray, camera: Camera) -> np.ndarray:
        """Refined poses (N, 17, 3) of a track of the 17 Human3.6M joints.

        poses: (N, 17, 3) metres, camera frame, relative to the pelvis; frames with NaN stay as they are and are not
        looked at. What is estimated at the refiner's frame rate is the correction, so that motion between its frames
        is kept.
        """
        refined, known = poses.copy(), np.flatnonzero(np.isfinite(poses).all((1, 2)))
        if not len(known):
            return refined
        corrections = np.zeros((len(known), len(H36M17), 3))
        for part in stretches(_rows(person, known), self.config.fps):
            held = resample(part.times, poses[known][part.rows], part.grid)
            index = window_frames(len(part.grid), self.config.network.frames)
            blend = Blend(len(part.grid), held.shape[1:], index.shape[1])
            for chunk in self._chunks(index):
                given = window_input(self.config.input, part.xy[chunk], part.confidence[chunk], camera)
                view = held[chunk] @ given.camera_from_view[:, None]
                better = self.refine_windows(given.x2d, view)
                blend.add(chunk, (better - view) @ given.camera_from_view[:, None].swapaxes(-1, -2))
            corrections[part.rows] = resample(part.grid, blend.result(), part.times)
        refined[known] += corrections
        return refined

    @torch.inference_mode()
    def refine_windows(self, x2d: np.ndarray, poses: np.ndarray) -> np.ndarray:
        """Refined poses (W, F, 17, 3), metres, of poses in the view of their input x2d (W, F, 17, C)."""
        seen, mirrored, start = (
            torch.from_numpy(np.ascontiguousarray(value, dtype=np.float32)).to(self._device)
            for value in (x2d, mirror_input(x2d, self.config.input), poses - poses[..., :1, :]))

        def predict(x: Tensor, step: int) -> Tensor:
            t = torch.full((len(x),), step, device=self._device)
            return (self._error(seen, x, t) + self._flip(self._error(mirrored, self._flip(x), t))) / 2

        *_, last = refine(predict, start, self._schedule, iterations=self.iterations)
        return last.clean.double().cpu().numpy()

    def _error(self, x2d: Tensor, noisy: Tensor, t: Tensor) -> Tensor:
        """In metres; the pelvis does not err."""
        return self._mean + self._deviation * self._model(x2d, noisy, t)

    def _flip(self, poses: Tensor) -> Tensor:
        """Mirror images (..., 17, 3)."""
        return poses[..., self._mirror, :] * poses.new_tensor([-1.0, 1.0, 1.0])

    def _chunks(self, index: np.ndarray) -> list[np.ndarray]:
        size = max(1, _TOKENS_AT_ONCE // (index.shape[1] * len(H36M17)))
        return np.split(index, range(size, len(index), size))


def _rows(person: Person2D, rows: np.ndarray) -> Person2D:
    return Person2D(person.id, person.joint_set, person.frames[rows], person.times[rows], person.xy[rows],
                    person.confidence[rows], person.bbox[rows], person.interpolated[rows])
