"""The parameters of a detector's errors (vid2pose3d.data.detector_fit), estimated from tracks with known truth."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from noise_material import Track
from scipy.optimize import curve_fit, minimize
from scipy.stats import t as student

from vid2pose3d.data.detector_fit import (
    AXES,
    CUES,
    KINDS,
    VIEWS,
    DetectorFit,
    body_view,
    cue_values,
    kind_of,
    view_terms,
)
from vid2pose3d.data.detector_noise import offsets
from vid2pose3d.data.noise import body_size
from vid2pose3d.skeleton import H36M17

LOGIT_RANGE = (-6.0, 2.0)
"""Above 0.88 the confidence says nothing more about the error."""
OFFSET_PRIOR = (0.02, 0.01, 0.01)
"""Standard deviation, in heights, towards 0 of offsets by view term: thin data leave little of them."""
CUE_PRIOR = 2.0
REPEATS = 15.0
"""Neighbouring frames that say as much as one."""
MOST_LAG = 20
SWAPPED = (0.03, 0.5)
"""Sides are exchanged where the error is larger than this and the exchange leaves less than that share of it."""
ELSEWHERE = 0.15
"""Median error of a frame's joints from which the track is on somebody else, which is not the detector's error."""
GROUPS = tuple(H36M17.indices([f"{side}_{joint}" for side in ("left", "right") for joint in joints])
               for joints in (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle")))
_KIND = kind_of()


@dataclass
class Sample:
    """One track in the terms of the fit; N frames. Errors are in heights of the person."""

    track: Track
    error: np.ndarray
    """(N, 17, 2)."""
    design: np.ndarray
    """(N, 17, 2, 15) error of each axis and view term with coefficient 1."""
    cues: np.ndarray
    """(N, 17, 6)."""
    confidence: np.ndarray
    logit: np.ndarray
    beyond: np.ndarray
    """(N, 17, 2) heights."""
    swapped: np.ndarray
    """(2, N) arms, legs."""
    bridged: np.ndarray
    shown: np.ndarray
    """(N, 17) detected, neither bridged nor swapped."""
    usable: np.ndarray
    """(N, 17) shown, and truly inside the picture, of a frame whose track is on its person."""


def fit_detector(tracks: Sequence[Track], *, fps: float, origin: str) -> DetectorFit:
    """Estimate all parameters. Clips weigh alike, however many frames they have."""
    samples = [sample(track) for track in tracks]
    sigma, slope, tail = np.full(len(KINDS), 0.015), 0.25, 5.0
    for _ in range(3):
        offset = _fit_offsets(samples, sigma, slope, tail)
        residuals = [s.error - _predicted(s, offset) for s in samples]
        sigma, slope, tail = _fit_scale(samples, residuals)
    scaled = [r / _sigma(s.logit, sigma, slope)[..., None] for s, r in zip(samples, residuals, strict=True)]
    constant, wander, wander_time = _fit_correlation(samples, [z.clip(-3, 3) for z in scaled], fps)
    cues, spread = _fit_cues(samples)
    logits = [(s.logit - np.einsum("njc,jc->nj", s.cues, _joints(cues)))[..., None] for s in samples]
    steady, _, logit_time = _fit_correlation(samples, logits, fps)
    seconds = sum(len(s.error) for s in samples) / fps
    swap_runs = [_runs(np.concatenate([np.append(s.swapped[i], False) for s in samples])) for i in range(2)]
    gaps = _runs(np.concatenate([np.append(s.bridged, False) for s in samples]))
    swap_lengths = np.concatenate(swap_runs)
    return DetectorFit(
        origin=origin, offset=offset.reshape(len(KINDS), len(AXES), len(VIEWS)).tolist(), sigma=sigma.tolist(),
        sigma_slope=slope, logit_range=LOGIT_RANGE, tail=tail, constant=constant, wander=wander,
        wander_time=wander_time, cues=cues.tolist(), logit_constant=spread * np.sqrt(steady),
        logit_wander=spread * np.sqrt(1 - steady), logit_time=logit_time, outside_pull=_fit_pull(samples),
        swaps=(len(swap_runs[0]) / seconds, len(swap_runs[1]) / seconds),
        swap_seconds=float(swap_lengths.mean() / fps) if len(swap_lengths) else 0.2,
        gaps=len(gaps) / seconds, gap_seconds=float(gaps.mean() / fps) if len(gaps) else 0.2)


def sample(track: Track) -> Sample:
    """A track in the terms of the fit."""
    joints = track.joints[None].astype(np.float32)
    exact = joints[..., :2] / joints[..., 2:]
    depth = joints[0, :, H36M17.index("pelvis"), 2]
    size = (body_size(joints)[0] * depth.mean() / depth)[:, None, None]
    view = body_view(joints)
    views, units = view_terms(view), np.eye(len(AXES), dtype=np.float32)
    design = [offsets(view, exact, views[..., v, None] * unit)[0] for unit in units for v in range(len(VIEWS))]
    error, beyond = (track.rays - exact[0]) / size, track.beyond / size
    swapped = np.stack([_is_swapped(track.rays / size, exact[0] / size, group) for group in GROUPS])
    shown = (track.confidence > 0) & ~track.bridged[:, None] & (_KIND >= 0)
    for row, group in zip(swapped, GROUPS, strict=True):
        shown[np.ix_(row, group)] = False
    usable = shown & ~beyond.any(axis=-1)
    usable[np.median(np.linalg.norm(error, axis=-1), axis=-1) > ELSEWHERE] = False
    logit = np.log(track.confidence.clip(1e-4, 1 - 1e-4) / (1 - track.confidence.clip(1e-4, 1 - 1e-4)))
    return Sample(track, error, np.stack(design, axis=-1), cue_values(view, beyond[None])[0], track.confidence,
                  logit, beyond, swapped, track.bridged, shown, usable)


def correlation(samples: Sequence[Sample], values: Sequence[np.ndarray]) -> np.ndarray:
    """(21,) mean product of usable values (N, 17, D) with those 0..20 frames later, over that at lag 0."""
    sums = np.zeros((MOST_LAG + 1, 2))
    for s, value in zip(samples, values, strict=True):
        for lag in range(min(MOST_LAG + 1, len(value))):
            both = s.usable[lag:] & s.usable[:len(value) - lag]
            products = (value[lag:] * value[:len(value) - lag]).sum(axis=-1)[both]
            sums[lag] += products.sum(), len(products)
    means = sums[:, 0] / np.maximum(sums[:, 1], 1)
    return means / means[0]


def offset_error(s: Sample, fit: DetectorFit) -> np.ndarray:
    """(N, 17, 2) heights: what a fit's offsets tell of the error."""
    return _predicted(s, np.reshape(fit.offset, (len(KINDS), -1)))


def _is_swapped(rays: np.ndarray, exact: np.ndarray, group: list[int]) -> np.ndarray:
    direct = np.linalg.norm(rays[:, group] - exact[:, group], axis=-1).mean(axis=-1)
    exchanged = np.linalg.norm(rays[:, H36M17.mirror[group]] - exact[:, group], axis=-1).mean(axis=-1)
    return (direct > SWAPPED[0]) & (exchanged < SWAPPED[1] * direct)


def _runs(flags: np.ndarray) -> np.ndarray:
    """Lengths of the runs of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(int), [0]])))
    return edges[1::2] - edges[::2]


def _joints(by_kind: np.ndarray) -> np.ndarray:
    """Values by kind as values by joint; those of joints that are made from others do not matter."""
    return by_kind[np.maximum(_KIND, 0)]


def _sigma(logit: np.ndarray, sigma: np.ndarray, slope: float) -> np.ndarray:
    return _joints(sigma) * np.exp(slope * (LOGIT_RANGE[1] - logit.clip(*LOGIT_RANGE)))


def _predicted(s: Sample, offset: np.ndarray) -> np.ndarray:
    return np.einsum("njdp,jp->njd", s.design, _joints(offset))


def _clip_weights(samples: Sequence[Sample]) -> list[float]:
    counts: dict[str, int] = {}
    for s in samples:
        counts[s.track.clip] = counts.get(s.track.clip, 0) + len(s.error)
    mean = sum(counts.values()) / len(counts)
    return [mean / counts[s.track.clip] for s in samples]


def _of_kind(samples: Sequence[Sample], kind: int, *values: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Usable values of one kind of joint, all tracks after another: weights of the clips, then the given ones."""
    joints = np.flatnonzero(kind == _KIND)
    masks = [s.usable[:, joints] for s in samples]
    weights = np.concatenate([np.full(m.sum(), w) for m, w in zip(masks, _clip_weights(samples), strict=True)])
    return [weights, *(np.concatenate([v[:, joints][m] for v, m in zip(value, masks, strict=True)])
                       for value in values)]


def _fit_offsets(samples: Sequence[Sample], sigma: np.ndarray, slope: float, tail: float) -> np.ndarray:
    """(8, 15) by ridge regression with the weights of a Student-t error."""
    scales = [_sigma(s.logit, sigma, slope) for s in samples]
    prior = np.tile(1 / np.square(OFFSET_PRIOR), len(AXES))
    found = np.zeros((len(KINDS), len(prior)))
    for kind in range(len(KINDS)):
        weights, error, design, scale = _of_kind(samples, kind, [s.error for s in samples],
                                                 [s.design for s in samples], scales)
        rows, targets = design.reshape(-1, len(prior)), error.reshape(-1)
        for _ in range(5):
            z2 = (np.square(error - design @ found[kind]).sum(axis=-1)) / scale**2
            w = np.repeat(weights * (tail + 2) / (tail + z2) / scale**2 / REPEATS, 2)
            weighted = rows.T * w
            found[kind] = np.linalg.solve(weighted @ rows + np.diag(prior), weighted @ targets)
    return found


def _fit_scale(samples: Sequence[Sample], residuals: Sequence[np.ndarray]) -> tuple[np.ndarray, float, float]:
    """Sigma by kind, its slope over the logit, and the degrees of freedom, by greatest likelihood."""
    parts = [_of_kind(samples, kind, residuals, [s.logit for s in samples]) for kind in range(len(KINDS))]

    def loss(x: np.ndarray) -> float:
        total = 0.0
        for (weights, residual, logit), log_sigma in zip(parts, x[2:], strict=True):
            scale = np.exp(log_sigma + x[0] * (LOGIT_RANGE[1] - logit.clip(*LOGIT_RANGE)))[:, None]
            total -= (weights[:, None] * (student.logpdf(residual / scale, np.exp(x[1])) - np.log(scale))).sum()
        return total / sum(len(p[0]) for p in parts)

    start = np.concatenate([[0.2, np.log(5.0)], np.full(len(KINDS), np.log(0.012))])
    x = minimize(loss, start, method="L-BFGS-B", bounds=[(0, 1), (np.log(2.2), np.log(50))] + [(-7, -2)] * len(KINDS)).x
    return np.exp(x[2:]), float(x[0]), float(np.exp(x[1]))


def _fit_correlation(samples: Sequence[Sample], values: Sequence[np.ndarray],
                     fps: float) -> tuple[float, float, float]:
    """Shares of the variance that stay and that wander, and the wandering's time in seconds."""
    measured = correlation(samples, values)
    lags = np.arange(1, MOST_LAG + 1)
    (constant, wander, time), _ = curve_fit(
        lambda lag, a, b, seconds: a + b * np.exp(-lag / (fps * seconds)), lags, measured[1:], p0=(0.3, 0.5, 0.2),
        bounds=([0, 0, 0.03], [1, 1, 1.0]))
    most = max(1.0, constant + wander)
    return float(constant / most), float(wander / most), float(time)


def _fit_cues(samples: Sequence[Sample]) -> tuple[np.ndarray, float]:
    """(8, 6) coefficients of the logit by ridge regression, and the standard deviation of what they leave."""
    found, left = np.zeros((len(KINDS), len(CUES))), []
    prior = np.diag([1e-4] + [1 / CUE_PRIOR**2] * (len(CUES) - 1))
    shown = [replace(s, usable=s.shown) for s in samples]
    for kind in range(len(KINDS)):
        weights, cues, logit = _of_kind(shown, kind, [s.cues for s in shown], [s.logit for s in shown])
        w = weights / REPEATS / 4.0
        found[kind] = np.linalg.solve((cues.T * w) @ cues + prior, (cues.T * w) @ logit)
        left.append(np.average(np.square(logit - cues @ found[kind]), weights=weights))
    return found, float(np.sqrt(np.mean(left)))


def _fit_pull(samples: Sequence[Sample]) -> tuple[float, float]:
    """Mean and standard deviation, over tracks and joints, of the share by which joints outside are pulled inwards."""
    shares = []
    for s in samples:
        for joint in np.flatnonzero(_KIND >= 0):
            far = np.linalg.norm(s.beyond[:, joint], axis=-1) > 0.02
            if far.sum() >= 5:
                beyond, error = s.beyond[far, joint], s.error[far, joint]
                shares.append(-(beyond * error).sum() / (beyond**2).sum())
    if not shares:
        return 0.5, 0.3
    clipped = np.clip(shares, 0, 1)
    return float(clipped.mean()), float(clipped.std())
