"""What the embedded 2D detector would have made of exact joints, by the errors that were measured of it."""

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from vid2pose3d.data.cameras import Views, chosen
from vid2pose3d.data.detector_fit import (
    KINDS,
    BodyView,
    DetectorFit,
    body_view,
    cue_values,
    kind_of,
    side_of,
)
from vid2pose3d.data.noise import body_size, derive_joints
from vid2pose3d.skeleton import H36M17

_KIND = kind_of()
_SIDES = np.stack([side_of(), np.ones_like(side_of()), np.ones_like(side_of())], axis=-1)
_LIMBS = tuple(H36M17.indices((f"{side}_{one}", f"{side}_{two}"))
               for one, two in (("elbow", "wrist"), ("knee", "ankle")) for side in ("left", "right"))
_SWAPPED = tuple(H36M17.indices([f"{side}_{joint}" for side in ("left", "right") for joint in joints])
                 for joints in (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle")))
_BRIDGED = 0.3
"""Share of its neighbours' confidence that the tracker gives a frame which it fills in."""
_SIGMAS_MOST = 4.0
"""Heaviest tail of a joint over the typical one."""


@dataclass(frozen=True)
class DetectorNoise:
    """How far windows vary around the fitted detector: it was measured on few bodies. Shares are those of windows."""

    clean_share: float = 0.08
    """Exact 2D with confidence 1, as another laboratory's cameras give it."""
    offset_range: tuple[float, float] = (0.5, 1.2)
    """Factor on all the fitted offsets of a window; below 1, since part of them is the rendered people's own."""
    offset_factor_spread: float = 0.35
    """Standard deviation of a further factor for each joint."""
    offset_spread: float = 0.005
    """Standard deviation of an own constant error of each joint, per axis, in heights."""
    other_share: float = 0.3
    """As another detector might see them: offsets of its own in place of the fitted ones."""
    other_spread: float = 0.016
    """Standard deviation of those of each joint, per axis, in heights."""
    sigma_range: tuple[float, float] = (0.6, 2.0)
    """Factor on the fitted errors of a window, log-uniform: small and blurred people are seen worse."""
    logit_spread: float = 0.7
    """Standard deviation of a window's own shift of the confidences' logits."""
    hidden_share: float = 0.3
    """An arm or a leg hidden by things for a while."""
    hidden_seconds: tuple[float, float] = (0.2, 1.2)
    no_legs_share: float = 0.05
    """Knees and ankles never seen, behind furniture."""
    hidden_drop: tuple[float, float] = (3.0, 7.0)
    """Fall of the logit while hidden."""
    hidden_error: tuple[float, float] = (0.015, 0.06)
    """Sigma of smooth noise that being hidden adds, in heights."""
    swap_factor: float = 0.6
    """On the fitted rate of swapped sides, since most of the fitted pictures were cut or spoilt."""
    swap_floor: float = 0.02
    """Least share of windows with swapped arms or legs."""
    gap_factor: float = 0.6
    """On the fitted rate of gaps, for the same reason."""
    gap_floor: float = 0.03
    """Least share of windows with a gap that the tracker fills in."""


def detect(views: Views, *, fps: float, rng: np.random.Generator, config: DetectorNoise,
           fit: DetectorFit) -> tuple[np.ndarray, np.ndarray]:
    """Rays and confidence as the lifter gets them from the detector.

    views: exact windows. Returns float32 (B, F, 17, 2) at z = 1 and (B, F, 17) in 0..1; the confidence is 0 where the
    detector puts a joint outside the picture.
    """
    exact = views.rays
    if len(exact) == 0:
        return exact, np.ones(exact.shape[:3], dtype=np.float32)
    size = body_size(views.joints)[:, None, None].astype(np.float32)
    view = body_view(views.joints)
    beyond = views.beyond(exact) / size[..., None]
    hidden, unseen_error = _hidden(exact.shape[:3], fps, rng, config)
    logit = _logits(cue_values(view, beyond), fps, rng, config, fit) - hidden
    error = _offsets(view, exact, rng, config, fit)
    error += _noise(logit, fps, rng, config, fit)
    error -= beyond * rng.normal(*fit.outside_pull, (len(exact), 1, 1, 1)).clip(0, 1).astype(np.float32)
    affected = np.flatnonzero(hidden.any(axis=(1, 2)))
    smooth = _wander((len(affected), *error.shape[1:]), fit.logit_time, fps, rng)
    error[affected] += (unseen_error[affected] * (hidden[affected] > 0))[..., None] * smooth
    clean = rng.random(len(exact)) < config.clean_share
    rays = exact + error * size[..., None]
    confidence = 1 / (1 + np.exp(-logit))
    _swap_sides(rays, confidence, fps, rng, config, fit)
    confidence[views.outside(rays)] = 0.0
    _bridge_gaps(rays, confidence, fps, rng, config, fit)
    derive_joints(rays, confidence)
    rays[clean], confidence[clean] = exact[clean], 1.0
    return rays.astype(np.float32, copy=False), confidence.astype(np.float32, copy=False)


def offsets(view: BodyView, rays: np.ndarray, terms: np.ndarray) -> np.ndarray:
    """Shift (B, F, 17, 2) in the picture, in heights, of offsets along AXES (B, F, 17, 5), in heights."""
    along = terms[..., :3] * _SIDES
    shift = along @ view.trunk + terms[..., 3:4] * view.inward + terms[..., 4:5] * view.outward
    return shift[..., :2] - rays * shift[..., 2:]


def _per_joint(values: list[float] | list[list[float]] | list[list[list[float]]]) -> np.ndarray:
    """Values by kind as values by joint (17, ...); zero for joints that are made from others."""
    table = np.concatenate([np.asarray(values, dtype=np.float32), np.zeros_like(np.asarray(values[:1], np.float32))])
    return table[np.where(_KIND < 0, len(KINDS), _KIND)]


def _offsets(view: BodyView, rays: np.ndarray, rng: np.random.Generator, config: DetectorNoise,
             fit: DetectorFit) -> np.ndarray:
    """(B, F, 17, 2) constant error of each joint in this view, in heights."""
    count, joints = len(rays), len(H36M17)
    other = chosen(rng, config.other_share, count)[:, None, None]
    factor: np.ndarray = rng.uniform(*config.offset_range, (count, 1, 1)).astype(np.float32)
    factor = factor * (1 + config.offset_factor_spread * _normal(rng, (count, 1, joints)))
    always, far, back = np.moveaxis(_per_joint(fit.offset), -1, 0)
    terms = always + view.far[..., None] * far + view.back[..., None] * back
    terms *= np.where(other, 0, factor)[..., None]
    spread = np.where(other, config.other_spread, config.offset_spread).astype(np.float32)[..., None]
    return offsets(view, rays, terms) + spread * _normal(rng, (count, 1, joints, 2))


def _logits(cues: np.ndarray, fps: float, rng: np.random.Generator, config: DetectorNoise,
            fit: DetectorFit) -> np.ndarray:
    """(B, F, 17) logit of the confidence."""
    shape = cues.shape[:3]
    logit = np.einsum("bfjc,jc->bfj", cues, _per_joint(fit.cues))
    logit += fit.logit_constant * _normal(rng, (shape[0], 1, shape[2]))
    logit += config.logit_spread * _normal(rng, (shape[0], 1, 1))
    logit += fit.logit_wander * _wander(shape, fit.logit_time, fps, rng)
    return logit


def _noise(logit: np.ndarray, fps: float, rng: np.random.Generator, config: DetectorNoise,
           fit: DetectorFit) -> np.ndarray:
    """(B, F, 17, 2) error around the offset, in heights: larger where the confidence is low, heavy-tailed."""
    count, frames, joints = logit.shape
    low, high = np.log(config.sigma_range).tolist()
    overall = np.exp(rng.uniform(low, high, (count, 1, 1)))
    tail = np.sqrt(fit.tail / rng.chisquare(fit.tail, (count, 1, joints))).clip(max=_SIGMAS_MOST)
    fall = fit.logit_range[1] - np.clip(logit, *fit.logit_range)
    sigma = _per_joint(fit.sigma) * np.exp(fit.sigma_slope * fall) * (overall * tail).astype(np.float32)
    shape = (count, frames, joints, 2)
    error: np.ndarray = np.sqrt(fit.constant) * _normal(rng, (count, 1, joints, 2))
    error = error + np.sqrt(fit.wander) * _wander(shape, fit.wander_time, fps, rng)
    error += np.sqrt(max(0.0, 1 - fit.constant - fit.wander)) * _normal(rng, shape)
    return error * sigma[..., None].astype(np.float32)


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.standard_normal(shape, dtype=np.float32)


def _wander(shape: tuple[int, ...], seconds: float, fps: float, rng: np.random.Generator) -> np.ndarray:
    """Unit-variance first-order autoregressive noise along axis 1 with a correlation time in seconds."""
    keep = np.float32(np.exp(-1.0 / (fps * seconds)))
    steps = _normal(rng, shape)
    steps[:, 1:] *= np.sqrt(1 - keep**2)
    return lfilter(np.ones(1, np.float32), np.array([1.0, -keep], np.float32), steps, axis=1)


def _episodes(count: int, frames: int, seconds: np.ndarray, share: float, fps: float,
              rng: np.random.Generator) -> np.ndarray:
    """(B, F) True inside of an episode of (B,) seconds that a share of the windows has, anywhere in the window."""
    length = np.maximum(seconds * fps, 1.0)
    start = rng.uniform(-length / 2, np.maximum(frames - length / 2, 0))
    time = np.arange(frames)
    inside = (time >= start[:, None]) & (time < (start + length)[:, None])
    return inside & (rng.random(count) < share)[:, None]


def _hidden(shape: tuple[int, ...], fps: float, rng: np.random.Generator,
            config: DetectorNoise) -> tuple[np.ndarray, np.ndarray]:
    """(B, F, 17) fall of the logit of joints behind things, and (B, 1, 1) sigma of what that adds to the error."""
    count, frames, _ = shape
    inside = _episodes(count, frames, rng.uniform(*config.hidden_seconds, count), config.hidden_share, fps, rng)
    limb = rng.integers(0, len(_LIMBS), count)
    no_legs = rng.random(count) < config.no_legs_share
    drop = rng.uniform(*config.hidden_drop, count).astype(np.float32)
    members = np.zeros((len(_LIMBS), len(H36M17)), dtype=bool)
    for row, joints in zip(members, _LIMBS, strict=True):
        row[joints] = True
    hidden = inside[..., None] & members[limb][:, None]
    hidden |= no_legs[:, None, None] & (members[2] | members[3])
    return hidden * drop[:, None, None], rng.uniform(*config.hidden_error, (count, 1, 1)).astype(np.float32)


def _swap_sides(rays: np.ndarray, confidence: np.ndarray, fps: float, rng: np.random.Generator, config: DetectorNoise,
                fit: DetectorFit) -> None:
    """Exchange left and right arms or legs for a while, in place."""
    count, frames = confidence.shape[:2]
    for members, rate in zip(_SWAPPED, fit.swaps, strict=True):
        seconds = fit.swap_seconds * rng.standard_exponential((count,))
        share = max(config.swap_factor * rate * (frames / fps + fit.swap_seconds), config.swap_floor / 2)
        where = np.nonzero(_episodes(count, frames, seconds, share, fps, rng))
        for values in (rays, confidence):
            seen = values[where]
            seen[:, members] = seen[:, H36M17.mirror[members]]
            values[where] = seen


def _bridge_gaps(rays: np.ndarray, confidence: np.ndarray, fps: float, rng: np.random.Generator,
                 config: DetectorNoise, fit: DetectorFit) -> None:
    """Fill frames in which nobody was found from their neighbours, as the tracker does, in place."""
    count, frames = confidence.shape[:2]
    share = max(config.gap_factor * fit.gaps * (frames / fps + fit.gap_seconds), config.gap_floor)
    inside = _episodes(count, frames, fit.gap_seconds * rng.standard_exponential((count,)), share, fps, rng)
    inside[:, 0] = inside[:, -1] = False
    for window in np.flatnonzero(inside.any(axis=1)):
        gap = np.flatnonzero(inside[window])
        before, after = gap[0] - 1, gap[-1] + 1
        part = ((gap - before) / (after - before)).astype(np.float32)[:, None, None]
        rays[window, gap] = (1 - part) * rays[window, before] + part * rays[window, after]
        confidence[window, gap] = _BRIDGED * np.minimum(confidence[window, before], confidence[window, after])
