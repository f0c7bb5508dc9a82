"""Fit the noise model of training to the embedded detector, on rendered clips with known joints (synthetic pictures).

    python benchmarks/detector_noise.py CLIP ... [-o detector_noise.json] [--tracks TRACKS.npz]

Each CLIP has a gt.npz beside it. Prints how well parameters fitted without a clip tell that clip's errors, beside those
of the noise that was guessed before; writes the parameters of all clips to the -o file. The detections (minutes) are
kept in the --tracks file, or read from it.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from noise_fit import Sample, correlation, fit_detector, offset_error, sample
from noise_material import VERSIONS, Track, collect, load_tracks, save_tracks

from vid2pose3d.data.cameras import Views
from vid2pose3d.data.detector_fit import KINDS, DetectorFit, kind_of, write_fit
from vid2pose3d.data.detector_noise import DetectorNoise, detect
from vid2pose3d.data.noise import NoiseConfig, add_noise, body_size

FPS = 15.0
FRAMES = 15
REPEATS = 30
QUANTILES = (0.25, 0.5, 0.75, 0.9, 0.97)
LAGS = (1, 5, 10)
CONFIDENCES = (0.0, 0.1, 0.3, 0.7, 0.9, 0.97, 1.0)
AS_FITTED = DetectorNoise(clean_share=0.0, other_share=0.0, offset_range=(1.0, 1.0), offset_factor_spread=0.0,
                          offset_spread=0.0, sigma_range=(1.0, 1.0), logit_spread=0.0, hidden_share=0.0,
                          no_legs_share=0.0, swap_factor=1.0, swap_floor=0.0, gap_factor=1.0, gap_floor=0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("-o", "--out", type=Path)
    parser.add_argument("--tracks", type=Path)
    options = parser.parse_args()
    if options.tracks and options.tracks.exists():
        tracks = load_tracks(options.tracks)
    else:
        tracks = [track for clip in options.clips for track in collect(clip, fps=FPS)]
        if options.tracks:
            save_tracks(options.tracks, tracks)
    names = sorted({track.clip for track in tracks})
    print_errors([sample(track) for track in tracks])
    print_held_out(tracks, names)
    fit = fit_detector(tracks, fps=FPS, origin=f"benchmarks/detector_noise.py on the rendered clips {', '.join(names)} "
                                               f"in {len(VERSIONS)} versions each; detector blazepose")
    for name, value in vars(fit).items():
        print(f"{name}: {value}")
    if options.out:
        write_fit(options.out, fit)


def print_errors(samples: Sequence[Sample]) -> None:
    """Mean error (outward, down) and its median size by joint and view, in percent of the person's height."""
    print("| joint | view | samples | mean right | mean down | median | 90 % |\n|---|---|---|---|---|---|---|")
    for kind, name in enumerate(KINDS):
        for view in ("front", "back", "near side", "far side"):
            picked = []
            for s in samples:
                far, back = s.cues[..., 1], s.cues[..., 2]
                seen = {"front": back < -0.7, "back": back > 0.7, "near side": (np.abs(back) <= 0.7) & (far <= 0),
                        "far side": (np.abs(back) <= 0.7) & (far > 0)}[view]
                picked.append(s.error[seen & s.usable & (kind_of() == kind)])
            error = 100 * np.concatenate(picked)
            if len(error) > 20:
                size = np.linalg.norm(error, axis=-1)
                print(f"| {name} | {view} | {len(error)} | {error[:, 0].mean():.1f} | {error[:, 1].mean():.1f} "
                      f"| {np.median(size):.1f} | {np.quantile(size, 0.9):.1f} |")


def print_held_out(tracks: Sequence[Track], names: Sequence[str]) -> None:
    """Distance between simulated and true errors of each clip; its own parameters come from the other clips."""
    print("| held out | noise | size | correlation | confidence | size by confidence | explained |")
    print("|---|---|---|---|---|---|---|")
    for name in names:
        inside = [track for track in tracks if track.clip == name]
        fit = fit_detector([track for track in tracks if track.clip != name], fps=FPS, origin="")
        truth = windows(inside)
        for noise, config in (("guessed", NoiseConfig()), ("fitted", AS_FITTED),
                              ("as trained with", DetectorNoise(other_share=0))):
            print(f"| {name} | {noise} | " + " | ".join(f"{x:.3f}" for x in compare(truth, config, fit)) + " |")


def windows(tracks: Sequence[Track]) -> list[Sample]:
    """Tracks cut into windows of `FRAMES` frames, in the terms of the fit."""
    parts = []
    for track in tracks:
        for start in range(0, len(track.rays) - FRAMES + 1, FRAMES):
            rows = slice(start, start + FRAMES)
            arrays = {k: v[rows] for k, v in vars(track).items() if isinstance(v, np.ndarray)}
            parts.append(sample(Track(track.clip, track.version, **arrays)))
    return parts


def compare(truth: list[Sample], config: DetectorNoise | NoiseConfig, fit: DetectorFit) -> list[float]:
    """See `print_held_out`. truth: windows of one clip."""
    simulated = simulate(truth, config, fit)
    usable = [s.usable for s in truth]
    true_size = np.concatenate([np.linalg.norm(s.error, axis=-1)[s.usable] for s in truth])
    true_confidence = np.concatenate([s.confidence[s.usable] for s in truth])
    kinds = np.concatenate([np.broadcast_to(kind_of(), u.shape)[u] for u in usable])
    sizes = np.stack([np.concatenate([np.linalg.norm(e, axis=-1)[u] for e, u in zip(error, usable, strict=True)])
                      for error, _ in simulated])
    confidences = np.stack([np.concatenate([c[u] for c, u in zip(confidence, usable, strict=True)])
                            for _, confidence in simulated])
    ratios, shifts = [], []
    for kind in range(len(KINDS)):
        of = kinds == kind
        ratios.append(np.log(np.quantile(sizes[:, of], QUANTILES) / np.quantile(true_size[of], QUANTILES)))
        levels = np.linspace(0.01, 0.99, 99)
        shifts.append(np.quantile(confidences[:, of], levels) - np.quantile(true_confidence[of], levels))
    by_confidence = []
    for low, high in zip(CONFIDENCES, CONFIDENCES[1:], strict=False):
        here, there = (confidences >= low) & (confidences < high), (true_confidence >= low) & (true_confidence < high)
        if there.sum() >= 30:
            median = np.median(sizes[here]) if here.sum() >= 30 else np.median(sizes)
            by_confidence.append(np.log(median / np.median(true_size[there])))
    true_lags = correlation(truth, [s.error.clip(-0.1, 0.1) for s in truth])
    lags = np.mean([correlation(truth, [e.clip(-0.1, 0.1) for e in error]) for error, _ in simulated[:10]], axis=0)
    share = np.mean(config.offset_range) if isinstance(config, DetectorNoise) else 0.0
    left = np.concatenate([(s.error - share * offset_error(s, fit))[s.usable] for s in truth])
    every = np.concatenate([s.error[s.usable] for s in truth])
    return [float(np.abs(ratios).mean()), float(np.abs((lags - true_lags)[list(LAGS)]).mean()),
            float(np.abs(shifts).mean()), float(np.abs(by_confidence).mean()),
            float(1 - np.abs(left).mean() / np.abs(every).mean())]


def simulate(truth: list[Sample], config: DetectorNoise | NoiseConfig,
             fit: DetectorFit) -> list[tuple[np.ndarray, np.ndarray]]:
    """`REPEATS` times the errors (W, F, 17, 2), in heights, and confidences (W, F, 17) of windows."""
    joints = np.stack([s.track.joints for s in truth]).astype(np.float32)
    views = Views(joints, np.ones(len(joints), np.float32), np.full((len(joints), 2), 100.0, np.float32))
    size, rng = body_size(joints), np.random.default_rng(0)
    found = []
    for _ in range(REPEATS):
        if isinstance(config, DetectorNoise):
            rays, confidence = detect(views, fps=FPS, rng=rng, config=config, fit=fit)
        else:
            rays, confidence = add_noise(views.rays, size=size, depth=joints[..., 2], outside=views.outside(views.rays),
                                         fps=FPS, rng=rng, config=config)
        found.append(((rays - views.rays) / size[:, None, None, None], confidence))
    return found


if __name__ == "__main__":
    main()
