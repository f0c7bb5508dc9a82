"""Draw the held-out windows (synthetic 2D) that a lifter gets most wrong.

    python benchmarks/worst_cases.py --data MOCAP -o PICTURE.png [--split val|test] [--weights NAME|FILE] [--cases N]

A row for the worst window of each of N clips: the 2D that the lifter was given in the window's middle frame, then truth
(grey) and estimate (left blue, right orange) as the camera sees them, from the camera's right, and from above.
"""

import argparse
from pathlib import Path
from textwrap import shorten
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from vid2pose3d.evaluate.benchmark import KnownRays
from vid2pose3d.evaluate.metrics import mpjpe, p_mpjpe
from vid2pose3d.evaluate.protocols.own import VIEWS, own
from vid2pose3d.evaluate.run import lifted_batches
from vid2pose3d.evaluate.settings import EvaluateSettings
from vid2pose3d.lift import Lifter
from vid2pose3d.render.colours import side_of
from vid2pose3d.skeleton import H36M17
from vid2pose3d.weights import DEFAULT

PLANES = {"from the camera": (0, 1), "from the camera's right": (2, 1), "from above": (0, 2)}
COLOURS = {"left": "#0072b2", "right": "#d55e00", "middle": "#3c3c3c"}
TRUTH = "#b0b6bc"
SIDES = [COLOURS[side_of(H36M17.joints[child])] for _, child in H36M17.bones]


class Case(NamedTuple):
    label: str
    error: float
    """MPJPE over the window, millimetres."""
    aligned: float
    """P-MPJPE, millimetres."""
    tilt: float
    """Of the trunk, degrees."""
    rays: np.ndarray
    """(17, 2) of the middle frame."""
    confidence: np.ndarray
    """(17,)."""
    truth: np.ndarray
    """(17, 3) metres, camera frame."""
    estimate: np.ndarray
    """(17, 3)."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--split", choices=("val", "test"), default="val")
    parser.add_argument("--weights", default=DEFAULT)
    parser.add_argument("--views", choices=tuple(VIEWS), default="first")
    parser.add_argument("--cases", type=int, default=3)
    options = parser.parse_args()

    lifter = Lifter.load(options.weights)
    settings = EvaluateSettings("own", options.data, split=options.split, views=options.views)
    worst: dict[str, Case] = {}
    for case in sorted(cases(lifter, settings), key=lambda case: -case.error):
        worst.setdefault(case.label, case)
    chosen = list(worst.values())[:options.cases]
    for case in chosen:
        print(f"{case.label}: MPJPE {case.error:.0f} mm, P-MPJPE {case.aligned:.0f} mm, trunk tilt {case.tilt:.0f} "
              f"degrees, confidence {case.confidence.mean():.2f}")
    draw(chosen, options.out)


def cases(lifter: Lifter, settings: EvaluateSettings) -> list[Case]:
    found = []
    for batch, poses in lifted_batches(lifter, own(lifter, settings), lambda batch: batch.actions, hypotheses=1,
                                       iterations=1, seed=0):
        assert isinstance(batch.sight, KnownRays) and batch.tilt is not None
        estimate, middle = poses[:, 0], poses.shape[2] // 2
        errors, aligned = (1000 * error(estimate, batch.truth).mean(-1) for error in (mpjpe, p_mpjpe))
        found += [Case(str(batch.actions[i]), errors[i], aligned[i], batch.tilt[i], batch.sight.rays[i, middle],
                       batch.sight.confidence[i, middle], batch.truth[i, middle], estimate[i, middle])
                  for i in range(len(estimate))]
    return found


def draw(chosen: list[Case], path: Path) -> None:
    figure = Figure(figsize=(11, 3.1 * len(chosen)), dpi=100, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    for row, case in zip(figure.subplots(len(chosen), 1 + len(PLANES), squeeze=False), chosen, strict=True):
        draw_bones(row[0], case.rays, SIDES, case.confidence)
        row[0].set_title(f"{shorten(case.label, 24, placeholder=' ...')} ({case.error:.0f} mm)", fontsize=9, loc="left")
        for axes, (name, plane) in zip(row[1:], PLANES.items(), strict=True):
            draw_bones(axes, case.truth[:, plane], [TRUTH] * len(H36M17.bones))
            draw_bones(axes, case.estimate[:, plane], SIDES)
            axes.set_title(name, fontsize=9, loc="left")
    figure.savefig(path)


def draw_bones(axes: Axes, joints: np.ndarray, colours: list[str], confidence: np.ndarray | None = None) -> None:
    """joints: (17, 2) right and down. Bones to joints of low confidence are drawn faint."""
    for (parent, child), colour in zip(H36M17.bones, colours, strict=True):
        seen = 1.0 if confidence is None else max(0.15, float(confidence[[parent, child]].min()))
        axes.plot(*joints[[parent, child]].T, color=colour, linewidth=2.2, alpha=seen, solid_capstyle="round")
    axes.set_aspect("equal", adjustable="datalim")
    axes.yaxis.set_inverted(True)
    axes.set_axis_off()


if __name__ == "__main__":
    main()
