"""Error of a lifter on held-out motion capture (synthetic 2D): by H, K and aggregation, by prompt, by posture;
and how often it lies within the radius that the weights give.

    python benchmarks/accuracy.py --data MOCAP [--split val|test] [--weights NAME|FILE] [--views first|trained]

MOCAP is a folder with mocap17.npz and index.csv. The windows are those of `vid2pose3d evaluate --protocol own`,
which has more of each single setting. Millimetres.
"""

import argparse
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from scipy.stats import bootstrap

from vid2pose3d.evaluate.benchmark import Benchmark
from vid2pose3d.evaluate.metrics import joint_errors, mpjpe, n_mpjpe, p_mpjpe
from vid2pose3d.evaluate.protocols.own import VIEWS, own
from vid2pose3d.evaluate.run import Actions, lifted_batches
from vid2pose3d.evaluate.settings import EvaluateSettings
from vid2pose3d.lift import Lifter
from vid2pose3d.lift.aggregate import mean
from vid2pose3d.lift.inputs import LifterInput
from vid2pose3d.skeleton import H36M17
from vid2pose3d.weights import DEFAULT

GROUPS = {"hips": ("hip",), "trunk, head": ("spine", "thorax", "neck_nose", "head"), "shoulders": ("shoulder",),
          "elbows, knees": ("elbow", "knee"), "wrists, ankles": ("wrist", "ankle")}
TILTS = {"0-30": (0, 30), "30-60": (30, 60), "over 60": (60, 181)}


@dataclass
class Errors:
    """Of every window, in the benchmark's order."""

    columns: np.ndarray
    tilt: np.ndarray
    values: dict[tuple[str, str], np.ndarray]
    """(W,) by aggregation and measure."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--split", choices=("val", "test"), default="val")
    parser.add_argument("--weights", default=DEFAULT)
    parser.add_argument("--views", choices=tuple(VIEWS), default="first")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--hypotheses", type=int, nargs="+", default=[1, 5])
    parser.add_argument("--iterations", type=int, nargs="+", default=[1, 5])
    options = parser.parse_args()

    lifter = Lifter.load(options.weights)
    benchmark = own(lifter, EvaluateSettings("own", options.data, split=options.split, views=options.views))
    prompts = prompts_of(benchmark)
    print(f"{lifter.name} {lifter.sha256[:12]}, {benchmark.title}: {benchmark.windows} windows")
    measure = partial(errors_of, lifter, benchmark, seed=options.seed)
    print("\nH  K  aggregation  prompt   MPJPE  N-MPJPE  P-MPJPE")
    for h, k in itertools.product(options.hypotheses, options.iterations):
        if (h, k) == (max(options.hypotheses), 1):  # below, among the prompts
            continue
        print_row(h, k, "label", measure(prompts["label"], hypotheses=h, iterations=k))
    h = max(options.hypotheses)
    told = {name: measure(actions, hypotheses=h, iterations=1) for name, actions in prompts.items()}
    for name, errors in told.items():
        print_row(h, 1, name, errors)
    print_prompts({name: errors.values["p_agg", "MPJPE"] for name, errors in told.items()}, told["label"].columns)
    print_tilts(told["label"])
    if lifter.config.calibration is not None:
        for h, name in itertools.product(options.hypotheses, ("label", "none")):
            print_radii(*radii_of(lifter, benchmark, prompts[name], hypotheses=h, seed=options.seed),
                        f"H = {h}, K = 1, told {'the label' if name == 'label' else 'nothing'}")


def prompts_of(benchmark: Benchmark) -> dict[str, Actions]:
    """What the lifter is told: the truth, nothing, or the coarse action that follows the true one in the alphabet."""
    names = list(benchmark.columns)
    following = dict(zip(names, names[1:] + names[:1], strict=True))
    return {"label": lambda batch: batch.actions, "action": lambda batch: [batch.column], "none": lambda batch: [None],
            "wrong": lambda batch: [following[batch.column]]}


def errors_of(lifter: Lifter, benchmark: Benchmark, actions: Actions, *, hypotheses: int, iterations: int,
              seed: int) -> Errors:
    measures: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
        "MPJPE": mpjpe, "N-MPJPE": n_mpjpe, "P-MPJPE": p_mpjpe}
    columns: list[str] = []
    tilts: list[np.ndarray] = []
    found: dict[tuple[str, str], list[np.ndarray]] = {}
    for batch, poses in lifted_batches(lifter, benchmark, actions, hypotheses=hypotheses, iterations=iterations,
                                       seed=seed):
        columns += [batch.column] * len(poses)
        tilts.append(batch.tilt)
        for how, pose in (("j_agg", batch.sight.j_agg(poses)), ("p_agg", mean(poses))):
            for name, error in measures.items():
                found.setdefault((how, name), []).append(1000 * error(pose, batch.truth).mean(-1))
    return Errors(np.array(columns), np.concatenate(tilts), {key: np.concatenate(some) for key, some in found.items()})


def print_row(hypotheses: int, iterations: int, prompt: str, errors: Errors) -> None:
    for how in ("j_agg", "p_agg") if hypotheses > 1 else ("p_agg",):
        means = (errors.values[how, name].mean() for name in ("MPJPE", "N-MPJPE", "P-MPJPE"))
        print(f"{hypotheses:<2} {iterations:<2} {how:<12} {prompt:<7}", *(f"{value:7.1f}" for value in means),
              flush=True)


def print_prompts(errors: dict[str, np.ndarray], columns: np.ndarray) -> None:
    """Differences of MPJPE over the windows, with the 95 % interval of a paired bootstrap."""
    print("\nMPJPE gained by the prompt   mean  95 % interval")
    for better, worse in (("label", "none"), ("action", "none"), ("none", "wrong")):
        gain = errors[worse] - errors[better]
        interval = bootstrap((gain,), np.mean, rng=0).confidence_interval
        print(f"{better:<6} instead of {worse:<10} {gain.mean():5.2f}  {interval.low:5.2f} to {interval.high:5.2f}")
    print("\nby action" + "".join(f"{name:>18}" for name in np.unique(columns)))
    for better, worse in (("label", "none"), ("none", "wrong")):
        gain = errors[worse] - errors[better]
        print(f"{better}-{worse}"[:9].ljust(9) + "".join(f"{gain[columns == name].mean():18.2f}"
                                                         for name in np.unique(columns)))


def print_tilts(errors: Errors) -> None:
    print("\ntrunk tilt, degrees  windows   MPJPE  P-MPJPE (mean of hypotheses, told the label)")
    for name, (low, high) in TILTS.items():
        some = (errors.tilt >= low) & (errors.tilt < high)
        means = [errors.values["p_agg", measure][some].mean() if some.any() else np.nan
                 for measure in ("MPJPE", "P-MPJPE")]
        print(f"{name:<20} {some.sum():7}  {means[0]:6.1f}  {means[1]:7.1f}")


def radii_of(lifter: Lifter, benchmark: Benchmark, actions: Actions, *, hypotheses: int,
             seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(N, 16) calibrated radii and errors of all joints but the pelvis, millimetres, aggregated as `run` does."""
    radii, errors = [], []
    for batch in benchmark.batches():
        windows, frames, joints = batch.x2d.shape[:3]
        noise = np.random.default_rng([seed, *batch.number]).standard_normal(
            (1, windows, hypotheses, frames, joints, 3), dtype=np.float32)
        given = LifterInput(batch.x2d, batch.sight.rays, batch.camera_from_view)
        poses, radius = lifter.lift_windows(given, batch.sight.confidence, noise, lifter.encode(actions(batch)))
        radii.append(radius.reshape(-1, joints))
        errors.append(joint_errors(poses, batch.truth).reshape(-1, joints))
    return tuple(1000 * np.concatenate(values)[:, 1:] for values in (radii, errors))


def print_radii(radii: np.ndarray, errors: np.ndarray, title: str) -> None:
    inside, names = errors <= radii, H36M17.joints[1:]
    print(f"\nradius ({title})      within it, %   median radius  median error")
    thirds = np.quantile(radii, [0, 1 / 3, 2 / 3, 1])
    rows = {"all joints": np.ones_like(inside)}
    rows |= {name: np.broadcast_to([any(part in joint for part in parts) for joint in names], inside.shape)
             for name, parts in GROUPS.items()}
    rows |= {f"{title} third": (radii >= low) & (radii <= high) for title, low, high
             in zip(("lowest", "middle", "highest"), thirds, thirds[1:], strict=False)}
    for name, some in rows.items():
        print(f"{name:<40} {100 * inside[some].mean():6.1f} {np.median(radii[some]):15.0f} "
              f"{np.median(errors[some]):13.0f}")


if __name__ == "__main__":
    main()
