"""Error of a lifter on held-out motion capture, seen by virtual cameras and a simulated detector (synthetic 2D).

    python benchmarks/accuracy.py --data MOCAP [--split val|test] [--weights NAME|FILE] [--views first|trained]

The views "first" are those of all earlier figures; "trained" has the cameras and the fitted detector of training.
MOCAP is a folder with mocap17.npz and index.csv. Prints MPJPE / N-MPJPE / P-MPJPE in millimetres.
"""

import argparse
import itertools
from pathlib import Path
from typing import Any

import numpy as np

from vid2pose3d.data.cameras import CameraConfig
from vid2pose3d.data.detector_noise import DetectorNoise
from vid2pose3d.data.mocap import load_mocap, select
from vid2pose3d.data.windows import Batch, evaluation_windows
from vid2pose3d.evaluate.metrics import mpjpe, n_mpjpe, p_mpjpe
from vid2pose3d.lift import Lifter
from vid2pose3d.lift.inputs import person_input
from vid2pose3d.weights import DEFAULT

CHUNK = 16
VIEWS: dict[str, dict[str, Any]] = {"first": {}, "trained": {"noise": DetectorNoise(), "cameras": CameraConfig()}}


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
    clips = select(load_mocap(options.data), split=options.split)
    batch = evaluation_windows(clips, frames=lifter.frames, fps=lifter.fps, seed=options.seed,
                               **VIEWS[options.views])
    prompts: dict[str, list[str | None]] = {"label": list(batch["labels"]), "none": [None] * len(batch["labels"]),
                                            "wrong": list(np.roll(batch["actions"], len(batch["actions"]) // 2))}
    print(f"{lifter.name} {lifter.sha256[:12]}, {options.split}, views {options.views}: "
          f"{len(batch['rays'])} windows of {len(clips)} clips")
    print("H  K  aggregation  prompt   MPJPE  N-MPJPE  P-MPJPE (mm)")
    settings = [(h, k, how, "label") for h, k in itertools.product(options.hypotheses, options.iterations)
                for how in (["jpma", "mean"] if h > 1 else ["mean"])]
    settings += [(options.hypotheses[-1], options.iterations[-1], "jpma", prompt) for prompt in ("none", "wrong")]
    for h, k, how, prompt in settings:
        poses = lift(lifter, batch, prompts[prompt], h, k, how, options.seed)
        errors = [1000 * measure(poses, batch["joints"].astype(float)).mean() for measure in (mpjpe, n_mpjpe, p_mpjpe)]
        print(f"{h:<2} {k:<2} {how:<12} {prompt:<7} {errors[0]:6.1f}  {errors[1]:7.1f}  {errors[2]:7.1f}", flush=True)


def lift(lifter: Lifter, batch: Batch, actions: list[str | None], hypotheses: int, iterations: int, how: str,
         seed: int) -> np.ndarray:
    """Poses (B, F, 17, 3) metres of a batch of windows."""
    rng = np.random.default_rng(seed)
    lifted = []
    for start in range(0, len(actions), CHUNK):
        part = slice(start, start + CHUNK)
        given = person_input(batch["rays"][part], batch["confidence"][part])
        shape = (iterations, len(given.x2d), hypotheses, *given.x2d.shape[1:3], 3)
        lifted.append(lifter.lift_windows(given, batch["confidence"][part],
                                          rng.standard_normal(shape, dtype=np.float32),
                                          lifter.encode(actions[part]), aggregation=how))
    return np.concatenate(lifted)


if __name__ == "__main__":
    main()
