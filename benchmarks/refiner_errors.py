"""Draw how a lifter errs, coordinate by coordinate, beside the Gaussian that its refiner takes it for.

    python benchmarks/refiner_errors.py REFINER.safetensors PAIRS.npz... -o PICTURE.png

PAIRS: the `fold<k>/pairs.npz` of the refiner's run, on people whom their lifters never saw (synthetic 2D). Prints the
excess kurtosis of each joint's errors, 0 for a Gaussian.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from scipy.stats import kurtosis, norm

from vid2pose3d.refine.vectors import unflat
from vid2pose3d.refine.weights import load_refiner
from vid2pose3d.skeleton import H36M17

AXES = ("right", "down", "away")
RANGE, BINS = 300.0, 75


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("refiner", type=Path)
    parser.add_argument("pairs", type=Path, nargs="+")
    parser.add_argument("-o", "--out", type=Path, required=True)
    options = parser.parse_args()
    model = load_refiner(options.refiner).errors
    mean, deviation = (1000 * unflat(values) for values in (model.error_mean, model.error_deviation))
    errors = 1000 * np.concatenate([measured(path) for path in options.pairs]).reshape(-1, len(H36M17), 3)
    figure = Figure(figsize=(7, 20), layout="constrained")
    axes = figure.subplots(len(H36M17) - 1, 3, sharex=True)
    grid = np.linspace(-RANGE, RANGE, 400)
    print("| joint | " + " | ".join(AXES) + " |\n|---|---|---|---|")
    for row, joint in enumerate(range(1, len(H36M17))):
        heavy = kurtosis(errors[:, joint])
        print(f"| {H36M17.joints[joint]} | " + " | ".join(f"{value:.1f}" for value in heavy) + " |")
        for column in range(3):
            place = axes[row, column]
            place.hist(errors[:, joint, column], bins=BINS, range=(-RANGE, RANGE), density=True, color="0.7")
            place.plot(grid, norm.pdf(grid, mean[joint, column], deviation[joint, column]), color="C3", linewidth=1)
            place.set_yticks([])
        axes[row, 0].set_ylabel(H36M17.joints[joint].replace("_", "\n"), rotation=0, ha="right", va="center")
    for column, name in enumerate(AXES):
        axes[0, column].set_title(f"{name}, mm")
    figure.savefig(options.out, dpi=80)
    return 0


def measured(path: Path) -> np.ndarray:
    with np.load(path, allow_pickle=False) as pairs:
        return (pairs["estimate"] - pairs["truth"]).astype(np.float64)


if __name__ == "__main__":
    sys.exit(main())
