"""Error of a lifter on held-out motion capture by H, K, aggregation and prompt (synthetic 2D).

    python benchmarks/accuracy.py --data MOCAP [--split val|test] [--weights NAME|FILE] [--views first|trained]

MOCAP is a folder with mocap17.npz and index.csv. Prints MPJPE / N-MPJPE / P-MPJPE in millimetres over the windows of
`vid2pose3d evaluate --protocol own`, which has more of each single setting.
"""

import argparse
import itertools
from pathlib import Path

from vid2pose3d.evaluate.protocols.own import VIEWS, own
from vid2pose3d.evaluate.run import Actions, run_benchmark
from vid2pose3d.evaluate.settings import EvaluateSettings
from vid2pose3d.lift import Lifter
from vid2pose3d.weights import DEFAULT

METRICS = ("mpjpe", "n_mpjpe", "p_mpjpe")


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
    names = list(benchmark.columns)
    following = dict(zip(names, names[1:] + names[:1], strict=True))
    prompts: dict[str, Actions] = {"label": lambda batch: batch.actions, "none": lambda batch: [None],
                                   "wrong": lambda batch: [following[batch.column]]}
    print(f"{lifter.name} {lifter.sha256[:12]}, {benchmark.title}: {benchmark.windows} windows")
    print("H  K  aggregation  prompt   MPJPE  N-MPJPE  P-MPJPE (mm)")
    settings = [(h, k, "label") for h, k in itertools.product(options.hypotheses, options.iterations)]
    settings += [(options.hypotheses[-1], options.iterations[-1], prompt) for prompt in ("none", "wrong")]
    for h, k, prompt in settings:
        totals = run_benchmark(lifter, benchmark, prompts[prompt], hypotheses=h, iterations=k, seed=options.seed)
        tables = {table.metric: table for table in totals.tables(benchmark)}
        for mode in ("j_agg", "p_agg") if h > 1 else ("p_agg",):
            errors = [row.average for metric in METRICS for row in tables[metric].rows if row.aggregation == mode]
            print(f"{h:<2} {k:<2} {mode:<12} {prompt:<7}", *(f"{error:7.1f}" for error in errors), flush=True)


if __name__ == "__main__":
    main()
