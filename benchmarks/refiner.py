"""What a refiner is worth beside plain smoothing: errors on held-out motion capture (synthetic 2D).

    python benchmarks/refiner.py --data MOCAP --base WEIGHTS [--refiner NAME=FILE]... [--iterations K]...

Prints MPJPE, P-MPJPE, acceleration error and milliseconds a frame of the lifter's poses as they are, smoothed by
Savitzky-Golay and by one-euro, each at its best setting on the validation split, less the error that each FILE's error
model expects, and refined by each FILE with each K, smoothed at its best setting too.
Times of smoothing and refining are those of that step alone, on one thread.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # before torch is loaded

import numpy as np
import torch
from scipy.signal import savgol_filter

from vid2pose3d.data.mocap import load_mocap, select
from vid2pose3d.data.windows import evaluation_windows
from vid2pose3d.evaluate.protocols.own import VIEWS
from vid2pose3d.lift import Lifter
from vid2pose3d.refine.refiner import Refiner
from vid2pose3d.refine.scale import Scale
from vid2pose3d.refine.weights import load_refiner
from vid2pose3d.train.pairs import Pairs, lift_pairs
from vid2pose3d.train.validate import RefinedErrors, refined_errors

Improve = Callable[[Pairs], np.ndarray]
"""Pairs -> better poses (W, F, 17, 3), metres."""
SEED = 0
DERIVATIVE_CUTOFF = 1.0


@dataclass(frozen=True)
class Row:
    name: str
    errors: RefinedErrors
    milliseconds: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with mocap17.npz and index.csv")
    parser.add_argument("--base", required=True, help="the lifter's weights")
    parser.add_argument("--refiner", action="append", default=[], metavar="NAME=FILE")
    parser.add_argument("--iterations", type=int, action="append", help="default: as the refiner's weights say")
    parser.add_argument("--split", choices=("val", "test"), default="test")
    parser.add_argument("--views", choices=tuple(VIEWS), default="trained", help="cameras and detector (%(default)s)")
    parser.add_argument("--hypotheses", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    lifter = Lifter.load(options.base)
    validation, _ = lifted(lifter, options, "val")
    pairs, seconds = lifted(lifter, options, options.split)
    print(f"{options.split} split, {len(pairs.truth)} windows of {lifter.frames} frames, synthetic 2D, "
          f"{lifter.name}, H = {1 if lifter.deterministic else options.hypotheses}, no prompt\n")
    print("| | MPJPE, mm | P-MPJPE, mm | acceleration error, mm/frame^2 | ms/frame |\n|---|---|---|---|---|")
    frames = pairs.truth.shape[0] * pairs.truth.shape[1]
    show(Row(lifter.name, refined_errors(pairs.estimate, pairs.truth), 1000 * seconds / frames))
    for name, candidates in (("Savitzky-Golay", savitzky_golays(lifter.frames)), ("one-euro", one_euros(lifter.fps))):
        setting, improve = chosen(candidates, validation)
        show(measured(f"+ {name} ({setting})", improve, pairs))
    for name, improve in refiners(options):
        show(measured(f"+ {name}", improve, pairs))
        refined = validation._replace(estimate=improve(validation))
        setting, smooth = chosen(savitzky_golays(lifter.frames), refined)
        show(measured(f"+ {name}, Savitzky-Golay ({setting})", in_turn(improve, smooth), pairs))
    return 0


def lifted(lifter: Lifter, options: argparse.Namespace, split: str) -> tuple[Pairs, float]:
    """Lifted windows of a split, and the seconds that lifting took."""
    clips = select(load_mocap(options.data), split=split)
    cameras, noise = VIEWS[options.views]
    windows = evaluation_windows(clips, frames=lifter.frames, fps=lifter.fps, seed=SEED, cameras=cameras, noise=noise)
    begin = time.perf_counter()
    pairs = lift_pairs(lifter, windows, hypotheses=options.hypotheses, prompts=[None] * len(windows["labels"]),
                       seed=SEED)
    return pairs, time.perf_counter() - begin


def refiners(options: argparse.Namespace) -> Iterator[tuple[str, Improve]]:
    for entry in options.refiner:
        name, _, file = entry.rpartition("=")
        weights = load_refiner(Path(file))
        expected = Scale(weights.errors, "expected", weights.config.context)
        yield f"{name or weights.name}: expected error alone", partial(less_expected, expected)
        if not weights.config.network.depth:
            continue
        for iterations in options.iterations or [weights.config.iterations]:
            refiner = Refiner(weights, iterations=iterations)
            yield (f"{name or weights.name}, K = {iterations}",
                   lambda pairs, refiner=refiner: refiner.refine_many(pairs.x2d, pairs.estimate))


def less_expected(expected: Scale, pairs: Pairs) -> np.ndarray:
    """What the error model's mean (D3PRefiner, Eq. 5) is worth without a network."""
    return pairs.estimate - expected.middle(pairs.x2d, pairs.estimate)


def in_turn(first: Improve, second: Improve) -> Improve:
    return lambda pairs: second(pairs._replace(estimate=first(pairs)))


def savitzky_golays(frames: int) -> Iterator[tuple[str, Improve]]:
    """Windows up to the whole, polynomials of degree 1 to 4."""
    for length, degree in product(range(3, frames + 1, 2), range(1, 5)):
        if degree < length:
            yield (f"{length} frames, degree {degree}", lambda pairs, length=length, degree=degree: savgol_filter(
                pairs.estimate.astype(np.float64), length, degree, axis=1))


def one_euros(fps: float) -> Iterator[tuple[str, Improve]]:
    """Least cut-offs in hertz and how they rise with speed in metres per second."""
    for least, beta in product((0.3, 0.6, 1.0, 1.5, 2.0, 3.0, 5.0), (0.0, 0.5, 1.0, 2.0, 5.0, 10.0)):
        yield f"{least:g} Hz, beta {beta:g}", lambda pairs, least=least, beta=beta: one_euro(
            pairs.estimate.astype(np.float64), fps=fps, least=least, beta=beta)


def one_euro(poses: np.ndarray, *, fps: float, least: float, beta: float) -> np.ndarray:
    """The filter of Casiez et al. (CHI 2012), of each coordinate of poses (W, F, J, 3)."""
    def share(cutoff: np.ndarray | float) -> np.ndarray | float:
        return 1 / (1 + fps / (2 * np.pi * cutoff))

    out, speed = poses.copy(), np.zeros_like(poses[:, 0])
    for frame in range(1, poses.shape[1]):
        speed = speed + share(DERIVATIVE_CUTOFF) * ((poses[:, frame] - poses[:, frame - 1]) * fps - speed)
        out[:, frame] = out[:, frame - 1] + share(least + beta * np.abs(speed)) * (poses[:, frame] - out[:, frame - 1])
    return out


def chosen(candidates: Iterator[tuple[str, Improve]], validation: Pairs) -> tuple[str, Improve]:
    """The setting that is best on the validation split, by what selects refiners too."""
    return min(candidates, key=lambda candidate: refined_errors(candidate[1](validation), validation.truth).selection)


def measured(name: str, improve: Improve, pairs: Pairs) -> Row:
    begin = time.perf_counter()
    poses = improve(pairs)
    seconds = time.perf_counter() - begin
    return Row(name, refined_errors(poses, pairs.truth), 1000 * seconds / (poses.shape[0] * poses.shape[1]))


def show(row: Row) -> None:
    errors = row.errors
    print(f"| {row.name} | {errors.mpjpe:.2f} | {errors.p_mpjpe:.2f} | {errors.acceleration:.2f} | "
          f"{row.milliseconds:.3f} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
