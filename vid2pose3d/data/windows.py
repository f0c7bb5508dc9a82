"""Windows for training and evaluation: recorded motion, seen by a virtual camera and a simulated detector."""

from collections import Counter
from collections.abc import Sequence
from typing import TypedDict, cast

import numpy as np

from vid2pose3d.data.augment import AugmentConfig, augment, mirror_label, play_times
from vid2pose3d.data.cameras import EVALUATION_CAMERAS, CameraConfig, sample_views
from vid2pose3d.data.detector_fit import fitted
from vid2pose3d.data.detector_noise import DetectorNoise, detect
from vid2pose3d.data.mocap import MocapClip
from vid2pose3d.data.noise import NoiseConfig, add_noise, body_size
from vid2pose3d.skeleton import H36M17

Noise = DetectorNoise | NoiseConfig | None
"""The fitted detector, the one guessed before it, or exact 2D."""
_ROOT = H36M17.index("pelvis")


class Batch(TypedDict):
    """B windows of F frames; all arrays are float32."""

    rays: np.ndarray
    """(B, F, 17, 2) noisy 2D as rays at z = 1 (x/z, y/z) of the camera."""
    confidence: np.ndarray
    """(B, F, 17) 0..1."""
    joints: np.ndarray
    """(B, F, 17, 3) exact, metres, camera frame (x right, y down, z forward), relative to the pelvis."""
    root: np.ndarray
    """(B, F, 3) exact place of the pelvis, metres, camera frame."""
    focal: np.ndarray
    """(B,) focal length in units of the longer picture side."""
    tilt: np.ndarray
    """(B,) degrees between the trunk and the vertical, mean over the window."""
    labels: list[str]
    """Free text."""
    actions: list[str]
    """Coarse classes."""


class WindowSampler:
    """Random windows, balanced between subjects and between actions.

    frames: F, frames of a window; fps: their rate. `augment` also varies bodies, postures and speed. With
    `noise=None` the rays are exact and the confidence is 1. Raises ValueError where `clips` is empty or `frames` < 1.
    """

    def __init__(self, clips: Sequence[MocapClip], *, frames: int, fps: float, augment: bool,
                 noise: Noise = DetectorNoise(), cameras: CameraConfig = CameraConfig(),  # noqa: B008
                 augmentation: AugmentConfig = AugmentConfig()) -> None:  # noqa: B008
        self._source = _Source(clips, frames=frames, fps=fps)
        self._augmentation = augmentation if augment else None
        self._noise = noise
        self._cameras = cameras
        self._cumulative = np.cumsum(sampling_weights(clips))

    def batch(self, size: int, *, rng: np.random.Generator) -> Batch:
        """`size` windows; the same state of `rng` gives the same ones."""
        source, config = self._source, self._augmentation
        index = np.searchsorted(self._cumulative, rng.random(size), side="right").clip(max=len(self._cumulative) - 1)
        passed = np.arange(source.frames) * np.ones((size, 1))
        if config is not None:
            passed = play_times(size, source.frames, rng=rng, config=config)
        joints = source.windows(index, starts=rng.random(size), passed=passed)
        clips = [source.clips[i] for i in index.tolist()]
        labels = [clip.label for clip in clips]
        if config is not None:
            joints, mirrored = augment(joints, rng=rng, config=config)
            labels = [mirror_label(label) if swap else label for label, swap in zip(labels, mirrored, strict=True)]
        return _observe(joints, labels, [clip.action for clip in clips], fps=source.fps, rng=rng,
                        cameras=self._cameras, noise=self._noise)


def evaluation_windows(clips: Sequence[MocapClip], *, frames: int, fps: float, seed: int, per_clip: int = 4,
                       noise: Noise = NoiseConfig(),  # noqa: B008
                       cameras: CameraConfig = EVALUATION_CAMERAS) -> Batch:
    """A fixed set of windows without augmentation: up to `per_clip` from every clip, evenly spread over it.

    A clip gives no more windows than fit into it without overlap, and at least one. The windows are in the order of
    `clips`. The default noise and cameras are those of all published figures; `DetectorNoise()` and `CameraConfig()`
    show the same motions as training would. Raises ValueError where `clips` is empty, or `frames` or `per_clip` is
    below 1.
    """
    if per_clip < 1:
        raise ValueError(f"per_clip is {per_clip}; it must be at least 1")
    source = _Source(clips, frames=frames, fps=fps)
    counts = [max(1, min(per_clip, int(len(clip) / clip.fps * fps / frames))) for clip in clips]
    index = np.repeat(np.arange(len(clips)), counts)
    chosen = [clips[i] for i in index.tolist()]
    starts = np.concatenate([(np.arange(count) + 0.5) / count for count in counts])
    joints = source.windows(index, starts=starts, passed=np.arange(frames) * np.ones((len(index), 1)))
    return _observe(joints, [clip.label for clip in chosen], [clip.action for clip in chosen], fps=fps,
                    rng=np.random.default_rng(seed), cameras=cameras, noise=noise)


def joined(batches: Sequence[Batch]) -> Batch:
    """The windows of some batches, one after the other."""
    parts = {key: [value for batch in batches for value in batch[key]]  # type: ignore[literal-required]
             for key in Batch.__annotations__}
    return cast(Batch, {key: values if key in ("labels", "actions") else np.stack(values)
                        for key, values in parts.items()})


def sampling_weights(clips: Sequence[MocapClip]) -> np.ndarray:
    """Probability (N,) of each clip: its frames over the square roots of its subject's and its action's frames."""
    subjects: Counter[str] = Counter()
    actions: Counter[str] = Counter()
    for clip in clips:
        subjects[clip.subject] += len(clip)
        actions[clip.action] += len(clip)
    weights = np.array([len(clip) / np.sqrt(subjects[clip.subject] * actions[clip.action]) for clip in clips])
    return weights / weights.sum()


class _Source:
    """All clips in one array, from which a batch of windows is cut at once."""

    def __init__(self, clips: Sequence[MocapClip], *, frames: int, fps: float) -> None:
        if not clips:
            raise ValueError("no clips to cut windows from")
        if frames < 1 or not fps > 0:
            raise ValueError(f"frames is {frames} and fps is {fps}; both must be positive")
        self.clips = clips
        self.frames = frames
        self.fps = fps
        self._joints = np.concatenate([clip.joints for clip in clips])
        self._lengths = np.array([len(clip) for clip in clips])
        self._offsets = np.cumsum(self._lengths) - self._lengths
        self._rates = np.array([clip.fps for clip in clips])

    def windows(self, clips: np.ndarray, *, starts: np.ndarray, passed: np.ndarray) -> np.ndarray:
        """Windows (B, F, 17, 3) of the clips with index (B,), resampled linearly to the sampler's rate.

        starts: (B,) 0..1 between the first and the last possible start. passed: (B, F) time since the first frame in
        frames of the sampler, which makes the speed. A clip shorter than the window is played
        back and forth.
        """
        passed = (self._rates[clips] / self.fps)[:, None] * passed
        last = self._lengths[clips] - 1
        first = starts * np.maximum(last - passed[:, -1], 0)
        position = first[:, None] + passed
        position = last[:, None] - np.abs(position % np.maximum(2 * last, 1)[:, None] - last[:, None])
        below = np.floor(position).astype(int)
        share = (position - below).astype(np.float32)[..., None, None]
        above = np.minimum(below + 1, last[:, None])
        offsets = self._offsets[clips][:, None]
        return (1 - share) * self._joints[offsets + below] + share * self._joints[offsets + above]


def _observe(joints: np.ndarray, labels: list[str], actions: list[str], *, fps: float, rng: np.random.Generator,
             cameras: CameraConfig, noise: Noise) -> Batch:
    """What a camera and a detector see of windows (B, F, 17, 3), metres, world frame, y up."""
    views = sample_views(joints, fps=fps, rng=rng, config=cameras)
    rays = views.rays
    confidence = np.ones(rays.shape[:3], dtype=np.float32)
    if isinstance(noise, DetectorNoise):
        rays, confidence = detect(views, fps=fps, rng=rng, config=noise, fit=fitted())
    elif noise is not None:
        rays, confidence = add_noise(rays, size=body_size(views.joints), depth=views.joints[..., 2],
                                     outside=views.outside(rays), fps=fps, rng=rng, config=noise)
    root = views.joints[:, :, _ROOT]
    return Batch(rays=rays, confidence=confidence, joints=views.joints - root[:, :, None], root=root,
                 focal=views.focal, tilt=trunk_tilt(joints), labels=labels, actions=actions)


def trunk_tilt(joints: np.ndarray) -> np.ndarray:
    """(B,) degrees between the trunk of windows (B, F, 17, 3), y up, and the vertical."""
    trunk = joints[:, :, H36M17.index("thorax")] - joints[:, :, _ROOT]
    upright = trunk[..., 1] / np.maximum(np.linalg.norm(trunk, axis=-1), 1e-6)
    return np.degrees(np.arccos(upright.clip(-1, 1))).mean(axis=1)
