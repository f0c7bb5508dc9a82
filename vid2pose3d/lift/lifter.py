"""The lifter: a person's 2D track and an action prompt in, root-relative 3D poses out."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from vid2pose3d.device import choose_precision
from vid2pose3d.diffusion import CosineSchedule, ddim_sample
from vid2pose3d.errors import InputError
from vid2pose3d.lift.aggregate import jpma, mean, medoid, spread
from vid2pose3d.lift.inputs import LifterInput, mirror_input, window_input
from vid2pose3d.lift.noise import NoiseField
from vid2pose3d.lift.uncertainty import features, radius
from vid2pose3d.lift.windows import Blend, Stretch, resample, stretches, window_frames
from vid2pose3d.models.finepose import FinePOSE
from vid2pose3d.models.prompt import Prompt
from vid2pose3d.models.registry import Deterministic, LifterNetwork
from vid2pose3d.motion import Camera, LiftedPoses, Person2D, UncertaintyKind
from vid2pose3d.settings import Aggregation
from vid2pose3d.skeleton import H36M17, JointSet, joint_set, to_joint_set
from vid2pose3d.text.tokens import missing_words, tokenize, words_beyond
from vid2pose3d.weights import LifterConfig, LifterWeights, load

_TOKENS_AT_ONCE = 20_000
"""Joints of frames of hypotheses in one forward pass: enough to fill a CPU, little enough to stay in its caches."""

Progress = Callable[[int, int], None]

_AGGREGATE: dict[Aggregation, Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]] = {
    "jpma": jpma, "mean": lambda poses, *_: mean(poses), "medoid": lambda poses, *_: medoid(poses)}


class Lifter:
    """The network of some weights over tracks of any length."""

    def __init__(self, weights: LifterWeights, device: torch.device | str = "cpu", *, precision: str = "fp32") -> None:
        """precision: of the network's matrix products, a name of PRECISIONS. Raises InputError where it cannot be."""
        self.name, self.sha256 = weights.name, weights.sha256
        self._config: LifterConfig = weights.config
        self._model: LifterNetwork = weights.model.to(device).eval()
        self._device = torch.device(device)
        self._dtype = choose_precision(precision, self._device)
        self._schedule = CosineSchedule()
        self._seen, self._posed = joint_set(self._config.joints_2d), joint_set(self._config.joints_3d)
        self._mirror = torch.from_numpy(np.asarray(self._posed.mirror)).to(self._device)

    @classmethod
    def load(cls, weights: str, *, device: torch.device | str = "cpu", precision: str = "fp32") -> "Lifter":
        """Load embedded weights by name, or a file. Raises InputError for an unknown or a damaged one."""
        return cls(load(weights, device=device), device, precision=precision)

    @property
    def config(self) -> LifterConfig:
        """What the weights file says about itself."""
        return self._config

    @property
    def fps(self) -> float:
        """Frame rate at which the poses are estimated."""
        return self._config.fps

    @property
    def frames(self) -> int:
        """Frames of a window."""
        return self._config.denoiser.frames

    @property
    def takes_action(self) -> bool:
        """Whether the weights know prompts with an action."""
        prompt = self._config.denoiser.prompt
        return prompt is not None and prompt.has_action

    @property
    def deterministic(self) -> bool:
        """Whether there is one answer, to which hypotheses and iterations add nothing."""
        return isinstance(self._model, Deterministic)

    def check_joints(self, joints: JointSet) -> None:
        """Raises InputError where the network's 2D input cannot be had from tracks of these joints."""
        try:
            to_joint_set(np.zeros((len(joints), 2)), np.zeros(len(joints)), joints, self._seen)
        except ValueError as error:
            raise InputError(f"--weights {self.name}: takes {self._seen.name} joints, which {joints.name} does not "
                             "have; use other weights or a detector that finds them") from error

    def unknown_words(self, action: str) -> list[str]:
        """Words of a prompt that the weights have never seen; they count as one unknown word."""
        prompt = self._config.denoiser.prompt
        if prompt is None or isinstance(prompt.vocabulary, int):
            return []
        return missing_words(action, prompt.vocabulary)

    def unread_words(self, action: str) -> list[str]:
        """Words of a prompt that the weights have no room for."""
        prompt = self._config.denoiser.prompt
        return [] if prompt is None else words_beyond(action, prompt.action_room, prompt.known)

    @torch.inference_mode()
    def lift(self, person: Person2D, camera: Camera, *, action: str | None, hypotheses: int, iterations: int,
             seed: int, aggregation: Aggregation = "jpma", progress: Progress | None = None) -> LiftedPoses:
        """A pose for each frame of the track.

        person: a track of any joint set that passes `check_joints`. action: None is the neutral prompt. Raises
        ValueError for another joint set.
        """
        if self.deterministic:
            hypotheses = iterations = 1
        lifted = np.zeros((len(person), len(H36M17), 4))  # x, y, z and uncertainty
        parts = stretches(_with_joints(person, H36M17), self.fps)
        seen_parts = parts if self._seen is H36M17 else stretches(_with_joints(person, self._seen), self.fps)
        indices = [window_frames(len(part.grid), self.frames) for part in parts]
        total, done = sum(map(len, indices)), 0
        prompt = self.encode([action])
        for part, seen, index in zip(parts, seen_parts, indices, strict=True):
            noise = NoiseField(seed, iterations=iterations, hypotheses=hypotheses, joints=len(H36M17))
            blend = Blend(len(part.grid), lifted.shape[1:], index.shape[1])
            for chunk in self._chunks(index):
                given = self._input(part, seen, chunk, camera)
                joints, uncertainty = self.lift_windows(given, part.confidence[chunk], noise(chunk), prompt,
                                                        aggregation=aggregation)
                blend.add(chunk, np.concatenate([joints, uncertainty[..., None]], axis=-1))
                done += len(chunk)
                if progress:
                    progress(done, total)
            lifted[part.rows] = resample(part.grid, blend.result(), part.times)
        kind: UncertaintyKind | None = None if hypotheses == 1 else "spread"
        if self._config.calibration is not None:
            kind = "radius80"
        return LiftedPoses(lifted[..., :3], None if kind is None else lifted[..., 3].clip(min=0), kind)

    @torch.inference_mode()
    def encode(self, actions: list[str | None]) -> Prompt | None:
        """Prompts of some actions; None is the neutral one. None where the weights take no prompt.

        The neutral prompt is that of the empty text, or the mean over the actions that the weights name for it.
        """
        config = self._config.denoiser.prompt
        if config is None or not isinstance(self._model, FinePOSE):
            return None
        parts = [group.text for group in config.groups if group.text]
        averaged = [[action] if action else list(config.neutral) or [""] for action in actions]
        ids, part_ids = (torch.from_numpy(tokenize(texts, config.known)).to(self._device)
                         for texts in (sum(averaged, []), parts))
        prompt, sizes = self._model.prompt(ids, part_ids), [len(texts) for texts in averaged]
        return Prompt(*(torch.stack([rows.mean(dim=0) for rows in values.split(sizes)])
                        for values in (prompt.tokens, prompt.pooled)))

    @torch.inference_mode()
    def lift_windows(self, given: LifterInput, confidence: np.ndarray, noise: np.ndarray, prompt: Prompt | None, *,
                     aggregation: Aggregation = "jpma") -> tuple[np.ndarray, np.ndarray]:
        """Poses (W, F, 17, 3), metres, camera frame, relative to the pelvis, of W windows, and their uncertainty.

        That is (W, F, 17) metres, the calibrated radius where the weights have one, else the spread of the hypotheses.

        confidence: (W, F, 17) of the 2D. noise: (K, W, H, F, 17, 3) standard normal. prompt: of one action for all
        windows, or of W.
        """
        poses, apart = self._drawn(given.x2d, noise, prompt)
        pose = _AGGREGATE[aggregation](poses, given.rays, confidence)
        pose = pose @ given.camera_from_view[:, None].swapaxes(-1, -2)
        if self._config.calibration is None:
            return pose, spread(poses)
        return pose, radius(features(pose, confidence, apart), self._config.calibration)

    @torch.inference_mode()
    def lift_features(self, given: LifterInput, confidence: np.ndarray, noise: np.ndarray,
                      prompt: Prompt | None) -> tuple[np.ndarray, np.ndarray]:
        """The mean of the hypotheses, as `lift_windows` gives poses, and the features (W, F, 17, N) of its radius."""
        poses, apart = self._drawn(given.x2d, noise, prompt)
        pose = mean(poses) @ given.camera_from_view[:, None].swapaxes(-1, -2)
        return pose, features(pose, confidence, apart)

    def _drawn(self, x2d: np.ndarray, noise: np.ndarray, prompt: Prompt | None) -> tuple[np.ndarray, np.ndarray]:
        """Hypotheses (W, H, F, 17, 3) relative to the pelvis in the view of their input, and how far apart (W, F, 17)
        the network put them before it took the mean with the mirrored input's, on average; metres."""
        joints = self._posed.indices(H36M17.joints)
        drawn, apart = (values[..., joints, :] * self._config.unit for values in self._sample(x2d, noise, prompt))
        drawn, apart = (values - values[..., :1, :] for values in (drawn, apart))
        return drawn, np.linalg.norm(apart, axis=-1).mean(axis=1)

    @torch.inference_mode()
    def draw(self, x2d: np.ndarray, noise: np.ndarray, prompt: Prompt | None) -> np.ndarray:
        """Hypotheses (W, H, F, J, 3) float64, metres, in the weights' own joints and the view of their input.

        x2d: (W, F, J, C) network input; noise: (K, W, H, F, J, 3) standard normal; prompt: see `lift_windows`. A
        deterministic lifter takes no notice of the noise and gives one.
        """
        return self._sample(x2d, noise, prompt)[0] * self._config.unit

    def _chunks(self, index: np.ndarray) -> list[np.ndarray]:
        size = max(1, _TOKENS_AT_ONCE // (index.shape[1] * len(H36M17)))
        return np.split(index, range(size, len(index), size))

    def _input(self, part: Stretch, seen: Stretch, index: np.ndarray, camera: Camera) -> LifterInput:
        """part, seen: the same stretch in Human3.6M's joints and in those that the network takes."""
        kind = self._config.input
        given = window_input(kind, part.xy[index], part.confidence[index], camera)
        if kind == "person" or seen is part:
            return given
        return replace(given, x2d=window_input(kind, seen.xy[index], seen.confidence[index], camera).x2d)

    def _sample(self, x2d: np.ndarray, noise: np.ndarray, prompt: Prompt | None) -> tuple[np.ndarray, np.ndarray]:
        """Hypotheses (W, H, F, 17, 3) float64 in the network's unit, on a CPU one after the other, which is faster
        there; and what the last iteration made of the input less what it made of the mirrored one.

        x2d: (W, F, 17, C); noise: (K, W, H, F, 17, 3).
        """
        seen, mirrored = (torch.from_numpy(np.ascontiguousarray(value)).to(self._device)
                          for value in (x2d, mirror_input(x2d, self._config.input, self._seen)))
        if isinstance(self._model, Deterministic):
            with self._autocast():
                drawn = [self._with_mirror(self._model(seen)[:, None], self._model(mirrored)[:, None])]
        else:
            count = noise.shape[2]
            group = 1 if self._device.type == "cpu" else count
            drawn = [self._sample_some(seen, mirrored, noise[:, :, h:h + group], prompt)
                     for h in range(0, count, group)]
        poses, apart = (torch.cat(parts, dim=1).cpu().numpy().astype(np.float64) for parts in zip(*drawn, strict=True))
        return poses, apart

    def _sample_some(self, seen: Tensor, mirrored: Tensor, noise: np.ndarray,
                     prompt: Prompt | None) -> tuple[Tensor, Tensor]:
        steps = iter(torch.from_numpy(np.ascontiguousarray(noise)).to(self._device))
        apart = torch.empty(0)

        def denoise(noisy: Tensor, step: int) -> Tensor:
            nonlocal apart
            t = torch.full((len(seen),), step, device=self._device)
            pose, apart = self._with_mirror(self._forward(seen, noisy, t, prompt),
                                            self._forward(mirrored, self._flip(noisy), t, prompt))
            return pose

        for prediction in ddim_sample(denoise, next(steps), self._schedule, iterations=len(noise),
                                      noise=lambda _: next(steps)):
            clean = prediction.clean
        return clean, apart

    def _forward(self, x2d: Tensor, noisy: Tensor, t: Tensor, prompt: Prompt | None) -> Tensor:
        told = () if prompt is None else (prompt.expand(len(x2d)),)
        with self._autocast():
            return self._model(x2d, noisy, t, *told)

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self._device.type, self._dtype, enabled=self._dtype != torch.float32)

    def _with_mirror(self, poses: Tensor, mirrored: Tensor) -> tuple[Tensor, Tensor]:
        """The mean of what was seen directly and in the mirror, and their difference."""
        other = self._flip(mirrored)
        return (poses + other) / 2, poses - other

    def _flip(self, poses: Tensor) -> Tensor:
        """Mirror images (..., 17, 3)."""
        return poses[..., self._mirror, :] * poses.new_tensor([-1.0, 1.0, 1.0])


def _with_joints(person: Person2D, joints: JointSet) -> Person2D:
    xy, confidence = to_joint_set(person.xy, person.confidence, person.joint_set, joints)
    return replace(person, joint_set=joints, xy=xy, confidence=confidence)
