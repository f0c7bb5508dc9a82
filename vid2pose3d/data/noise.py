"""Detector noise of the evaluation sets: guessed before a detector was measured, and kept so that errors compare.

Training has the measured one (data/detector_noise.py).
"""

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from vid2pose3d.skeleton import H36M17

# Detectors do not see these joints; skeleton.convert makes them from hips and shoulders, and so are they made here.
_DERIVED: dict[str, dict[str, float]] = {
    "pelvis": {"left_hip": 0.5, "right_hip": 0.5},
    "spine": {"left_hip": 0.26, "right_hip": 0.26, "left_shoulder": 0.24, "right_shoulder": 0.24},
    "thorax": {"left_shoulder": 0.5, "right_shoulder": 0.5},
}
_ARMS = (("left_elbow", "left_wrist"), ("right_elbow", "right_wrist"))
_LEGS = (("left_knee", "left_ankle"), ("right_knee", "right_ankle"))
_LIMBS = (*_ARMS, *_LEGS)
_SWAPS = (("left_shoulder", "left_elbow", "left_wrist", "right_shoulder", "right_elbow", "right_wrist"),
          ("left_hip", "left_knee", "left_ankle", "right_hip", "right_knee", "right_ankle"))


@dataclass(frozen=True)
class NoiseConfig:
    """Simulated detector noise. Sigmas are per axis, as shares of the person's height in the picture."""

    bias: float = 0.012
    """Constant over a window, limbs."""
    bias_trunk: float = 0.02
    """Constant over a window, hips and shoulders."""
    bias_head: float = 0.022
    """Constant over a window, neck_nose and head, which detectors define otherwise."""
    wander: float = 0.01
    """Slow noise with the correlation time `wander_time`."""
    wander_time: float = 0.15
    """Seconds."""
    white: float = 0.003
    """Noise that is new in every frame."""
    tail_share: float = 0.05
    """Share of joints of a window with bias and wander times `tail_factor`."""
    tail_factor: float = 3.0

    occlusion_share: float = 0.35
    """Share of windows with an arm or leg hidden for a while."""
    occlusion_seconds: tuple[float, float] = (0.2, 1.0)
    occlusion_error: tuple[float, float] = (0.03, 0.08)
    """Range of the sigma of smooth noise on a hidden limb."""
    occlusion_time: float = 0.4
    """Seconds, correlation time of that noise."""
    far_side: float = 0.75
    """How often the hidden limb is the one farther from the camera."""

    swap_share: float = 0.02
    """Share of windows where left and right arms or legs are exchanged for a while."""
    swap_seconds: tuple[float, float] = (0.1, 0.5)
    outside_error: float = 0.05
    """Sigma of smooth noise on joints outside the picture."""
    no_legs_share: float = 0.05
    """Share of windows without any sight of knees and ankles, behind furniture for example."""
    no_legs_error: float = 0.1
    """Sigma of smooth noise on knees and ankles there."""
    gap_share: float = 0.05
    """Share of windows with frames in which the person was not found; joints are interpolated over them."""
    gap_seconds: tuple[float, float] = (0.1, 1.0)

    seen_confidence: tuple[float, float] = (0.88, 1.0)
    hidden_confidence: tuple[float, float] = (0.1, 0.5)
    lost_confidence: tuple[float, float] = (0.02, 0.2)
    """Of joints outside the picture, of legs out of sight, and of interpolated frames."""


def add_noise(rays: np.ndarray, *, size: np.ndarray, depth: np.ndarray, outside: np.ndarray, fps: float,
              rng: np.random.Generator, config: NoiseConfig) -> tuple[np.ndarray, np.ndarray]:
    """Rays as a detector would give them, and its confidence.

    rays: (B, F, 17, 2) exact, at z = 1. size: (B,) the person's height at z = 1. depth: (B, F, 17) metres from the
    camera. outside: (B, F, 17) True outside the picture. Returns float32 (B, F, 17, 2) and (B, F, 17) in 0..1.
    """
    shape = rays.shape[:3]
    hidden = _hide_limbs(depth, fps, rng, config)
    lost = outside | _lose_legs(shape, rng, config)
    error = _visible_error(shape, fps, rng, config)
    error += _hidden_sigma(hidden, lost, rng, config)[..., None] * _wander(shape, config.occlusion_time, fps, rng)
    noisy = rays + error * size[:, None, None, None].astype(np.float32)
    confidence = _confidence(hidden, lost, fps, rng, config)
    _swap_sides(noisy, fps, rng, config)
    _bridge_gaps(noisy, confidence, fps, rng, config)
    derive_joints(noisy, confidence)
    return noisy, confidence


def derive_joints(rays: np.ndarray, confidence: np.ndarray) -> None:
    """Make pelvis, spine and thorax from hips and shoulders, in place, as the conversion from keypoints does.

    rays: (..., 17, 2), confidence: (..., 17).
    """
    for joint, recipe in _DERIVED.items():
        parts = H36M17.indices(tuple(recipe))
        weights = np.array(list(recipe.values()), dtype=rays.dtype)
        rays[..., H36M17.index(joint), :] = np.einsum("...jd,j->...d", rays[..., parts, :], weights)
        confidence[..., H36M17.index(joint)] = confidence[..., parts].min(axis=-1)


def body_size(joints: np.ndarray) -> np.ndarray:
    """A person's height at z = 1 (B,), whatever the pose: mean length of legs, trunk and neck over the mean depth.

    joints: (B, F, 17, 3) metres, camera frame.
    """
    chains = (("left_hip", "left_knee", "left_ankle"), ("right_hip", "right_knee", "right_ankle"))
    legs = sum(_length(joints, *chain[i:i + 2]) for chain in chains for i in range(2)) / 2
    trunk = _length(joints, "pelvis", "spine") + _length(joints, "spine", "thorax")
    head = _length(joints, "thorax", "neck_nose") + _length(joints, "neck_nose", "head")
    return (legs + trunk + head) / joints[:, :, H36M17.index("pelvis"), 2].mean(axis=1)


def _length(joints: np.ndarray, one: str, other: str) -> np.ndarray:
    bone = joints[:, :, H36M17.index(one)] - joints[:, :, H36M17.index(other)]
    return np.linalg.norm(bone, axis=-1).mean(axis=1)


def _bias_sigmas(config: NoiseConfig) -> np.ndarray:
    sigmas = np.full(len(H36M17), config.bias, dtype=np.float32)
    sigmas[H36M17.indices(("left_hip", "right_hip", "left_shoulder", "right_shoulder"))] = config.bias_trunk
    sigmas[H36M17.indices(("neck_nose", "head"))] = config.bias_head
    return sigmas


def _visible_error(shape: tuple[int, ...], fps: float, rng: np.random.Generator, config: NoiseConfig) -> np.ndarray:
    """(B, F, 17, 2) error of joints in plain sight, in person heights."""
    count, _, joints = shape
    tail = np.where(rng.random((count, 1, joints, 1)) < config.tail_share, config.tail_factor, 1.0).astype(np.float32)
    bias = _normal(rng, (count, 1, joints, 2)) * _bias_sigmas(config)[:, None]
    error = tail * (bias + config.wander * _wander(shape, config.wander_time, fps, rng))
    return error + config.white * _normal(rng, (*shape, 2))


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.standard_normal(shape, dtype=np.float32)


def _wander(shape: tuple[int, ...], seconds: float, fps: float, rng: np.random.Generator) -> np.ndarray:
    """Unit-variance first-order autoregressive noise (B, F, 17, 2) with a correlation time in seconds."""
    keep = np.exp(-1.0 / (fps * seconds))
    steps = _normal(rng, (*shape, 2))
    steps[:, 1:] *= np.sqrt(1 - keep**2)
    return lfilter([1.0], [1.0, -keep], steps, axis=1).astype(np.float32)


def _episodes(count: int, frames: int, seconds: tuple[float, float], share: float, fps: float,
              rng: np.random.Generator) -> np.ndarray:
    """(B, F) 1 inside, 0 outside of an episode that a share of the windows has, at any place in the window."""
    length = rng.uniform(*seconds, count) * fps
    start = rng.uniform(-length / 2, np.maximum(frames - length / 2, 0))
    time = np.arange(frames)
    inside = (time >= start[:, None]) & (time < (start + length)[:, None])
    return inside & (rng.random(count) < share)[:, None]


def _hide_limbs(depth: np.ndarray, fps: float, rng: np.random.Generator, config: NoiseConfig) -> np.ndarray:
    """(B, F, 17) 0..1: how much each joint is hidden; soft at both ends of an episode."""
    count, frames, joints = depth.shape
    inside = _episodes(count, frames, config.occlusion_seconds, config.occlusion_share, fps, rng).astype(np.float32)
    soft = lfilter([0.25, 0.5, 0.25], [1.0], inside, axis=1)
    far_left = np.stack([_farther(depth, *_ARMS), _farther(depth, *_LEGS)], axis=-1)
    legs = rng.integers(0, 2, count)
    left = far_left[np.arange(count), legs] ^ (rng.random(count) >= config.far_side)
    hidden = np.zeros((count, frames, joints), dtype=np.float32)
    for limb, members in enumerate(_LIMBS):
        chosen = (legs == limb // 2) & (left == (limb % 2 == 0))
        hidden[..., H36M17.indices(members)] = (soft * chosen[:, None])[..., None]
    return hidden


def _farther(depth: np.ndarray, left: tuple[str, ...], right: tuple[str, ...]) -> np.ndarray:
    """(B,) True where the left limb is farther from the camera than the right one."""
    means = [depth[..., H36M17.indices(limb)].mean(axis=(1, 2)) for limb in (left, right)]
    return means[0] > means[1]


def _lose_legs(shape: tuple[int, ...], rng: np.random.Generator, config: NoiseConfig) -> np.ndarray:
    """(B, F, 17) True for knees and ankles of windows whose lower body is out of sight."""
    lost = np.zeros(shape, dtype=bool)
    chosen = rng.random(shape[0]) < config.no_legs_share
    lost[..., H36M17.indices(_LEGS[0] + _LEGS[1])] = chosen[:, None, None]
    return lost


def _hidden_sigma(hidden: np.ndarray, lost: np.ndarray, rng: np.random.Generator, config: NoiseConfig) -> np.ndarray:
    """(B, F, 17) sigma of the smooth noise that joints out of sight get, in person heights."""
    knees_lost = lost[..., H36M17.indices(("left_knee", "right_knee"))].all(axis=(1, 2))
    sigma = np.where(knees_lost, config.no_legs_error, config.outside_error).astype(np.float32)
    drawn = rng.uniform(*config.occlusion_error, len(hidden)).astype(np.float32)
    return np.maximum(hidden * drawn[:, None, None], lost * sigma[:, None, None])


def _confidence(hidden: np.ndarray, lost: np.ndarray, fps: float, rng: np.random.Generator,
                config: NoiseConfig) -> np.ndarray:
    """(B, F, 17) 0..1; drifts slowly within the range of each state."""
    drift = _wander(hidden.shape, config.occlusion_time, fps, rng)[..., 0]
    share = np.exp(-np.abs(drift))
    seen, unseen, gone = (low + (high - low) * share for low, high
                          in (config.seen_confidence, config.hidden_confidence, config.lost_confidence))
    return np.where(lost, gone, (1 - hidden) * seen + hidden * unseen).astype(np.float32)


def _swap_sides(rays: np.ndarray, fps: float, rng: np.random.Generator, config: NoiseConfig) -> None:
    """Exchange left and right arms or legs for a while, in place."""
    inside = _episodes(rays.shape[0], rays.shape[1], config.swap_seconds, config.swap_share, fps, rng)
    limbs = rng.integers(0, len(_SWAPS), len(rays))
    for limb, members in enumerate(_SWAPS):
        where = np.nonzero(inside & (limbs == limb)[:, None])
        index = H36M17.indices(members)
        seen = rays[where]
        seen[:, index] = seen[:, H36M17.mirror[index]]
        rays[where] = seen


def _bridge_gaps(rays: np.ndarray, confidence: np.ndarray, fps: float, rng: np.random.Generator,
                 config: NoiseConfig) -> None:
    """Interpolate all joints over frames in which the person was not found, in place."""
    count, frames = rays.shape[:2]
    inside = _episodes(count, frames, config.gap_seconds, config.gap_share, fps, rng)
    inside[:, 0] = inside[:, -1] = False
    for window in np.flatnonzero(inside.any(axis=1)):
        gap = np.flatnonzero(inside[window])
        before, after = gap[0] - 1, gap[-1] + 1
        share = ((gap - before) / (after - before)).astype(np.float32)[:, None, None]
        rays[window, gap] = (1 - share) * rays[window, before] + share * rays[window, after]
        confidence[window, gap] = rng.uniform(*config.lost_confidence)
