"""The errors of one batch of windows, for each way to make one pose of the hypotheses."""

from dataclasses import dataclass

import numpy as np

from vid2pose3d.evaluate.benchmark import Benchmark, KnownCamera, WindowBatch
from vid2pose3d.evaluate.metrics import (
    acceleration_error,
    auc,
    joint_errors,
    mpjpe,
    mpjve,
    n_mpjpe,
    p_mpjpe,
    pck,
    similarity_aligned,
)
from vid2pose3d.evaluate.mpi3dhp import scored_joints
from vid2pose3d.evaluate.oracles import Choice, j_best, p_best
from vid2pose3d.lift.aggregate import mean, medoid, take_hypotheses
from vid2pose3d.refine.refiner import Refiner

_MM = 1000.0


@dataclass(frozen=True)
class Metric:
    title: str
    unit: str


@dataclass(frozen=True)
class Mode:
    title: str
    oracle: bool = False
    """Looks at the truth: a bound, never a result."""


METRICS = {
    "mpjpe": Metric("MPJPE, protocol 1", "mm"),
    "p_mpjpe": Metric("P-MPJPE, protocol 2", "mm"),
    "n_mpjpe": Metric("N-MPJPE", "mm"),
    "mpjve": Metric("MPJVE", "mm/frame"),
    "acceleration": Metric("Acceleration error", "mm/frame^2"),
    "pck150": Metric("PCK@150", "%"),
    "auc": Metric("AUC", "%"),
    "pss": Metric("PSS", "%"),
}
MODES = {
    "p_agg": Mode("P-Agg (mean)"),
    "j_agg": Mode("J-Agg (jpma)"),
    "j_agg_released": Mode("J-Agg as released"),
    "medoid": Mode("Medoid"),
    "refined": Mode("J-Agg + refiner"),
    "p_best": Mode("P-Best (oracle)", oracle=True),
    "j_best": Mode("J-Best (oracle)", oracle=True),
}
"""The rows of the tables. "as released" is only among the aligned errors: see `_aligned`."""

Share = tuple[float, int]
"""A sum and the number of frames that it is over."""


def score(poses: np.ndarray, batch: WindowBatch, benchmark: Benchmark,
          refiner: Refiner | None = None) -> dict[tuple[str, str], Share]:
    """By metric and mode. poses: (B, H, F, J, 3) metres, camera frame, relative to the pelvis."""
    if not batch.scored.any():
        return {}
    per: Choice = "batch" if benchmark.as_released else "window"
    chosen = {"p_agg": mean(poses), "j_agg": batch.sight.j_agg(poses), "medoid": medoid(poses),
              "p_best": p_best(poses, batch.truth, per=per), "j_best": j_best(poses, batch.truth)}
    if refiner is not None:
        chosen["refined"] = _refined(refiner, chosen["j_agg"], batch)
    found = {("p_mpjpe", mode): _share(_MM * errors[batch.scored])
             for mode, errors in _aligned(poses, chosen, batch, per).items()}
    for mode, estimate in chosen.items():
        found |= {(metric, mode): share for metric, share in _errors(estimate, batch, benchmark).items()}
    return found


def _aligned(poses: np.ndarray, chosen: dict[str, np.ndarray], batch: WindowBatch,
             per: Choice) -> dict[str, np.ndarray]:
    """P-MPJPE (B, F) by mode, metres.

    The oracles choose among aligned hypotheses, as released. So does the release's J-Agg, by the unaligned choice,
    which is not the error of the assembled pose; both are given.
    """
    truth = batch.truth
    aligned = similarity_aligned(poses, np.broadcast_to(truth[:, None], poses.shape))
    errors = {mode: p_mpjpe(chosen[mode], truth) for mode in chosen if not MODES[mode].oracle}
    if isinstance(batch.sight, KnownCamera):
        errors["j_agg_released"] = mpjpe(take_hypotheses(aligned, batch.sight.nearest(poses)), truth)
    errors["p_best"] = mpjpe(p_best(aligned, truth, per=per), truth)
    errors["j_best"] = mpjpe(j_best(aligned, truth), truth)
    return errors


def _refined(refiner: Refiner, poses: np.ndarray, batch: WindowBatch) -> np.ndarray:
    """Poses (B, F, J, 3), refined in the view of the network's input."""
    better = refiner.refine_windows(batch.x2d, poses @ batch.camera_from_view[:, None])
    return better @ batch.camera_from_view[:, None].swapaxes(-1, -2)


def _errors(estimate: np.ndarray, batch: WindowBatch, benchmark: Benchmark) -> dict[str, Share]:
    """Everything but P-MPJPE of poses (B, F, J, 3), metres; velocities between frames that both count."""
    truth, frames = batch.truth, batch.scored
    pairs = frames[:, 1:] & frames[:, :-1]
    joints = _MM * joint_errors(estimate, truth)[frames][:, scored_joints(benchmark.joints)]
    same = benchmark.clusters.kinds(estimate[frames]) == benchmark.clusters.kinds(truth[frames])
    return {
        "mpjpe": _share(_MM * mpjpe(estimate, truth)[frames]),
        "n_mpjpe": _share(_MM * n_mpjpe(estimate, truth)[frames]),
        "mpjve": _share(_MM * mpjve(estimate, truth)[pairs]),
        "acceleration": _share(_MM * acceleration_error(estimate, truth)[pairs[:, 1:] & pairs[:, :-1]]),
        "pck150": (100 * float(pck(joints)) * len(joints), len(joints)),
        "auc": (100 * auc(joints) * len(joints), len(joints)),
        "pss": _share(100.0 * same),
    }


def _share(values: np.ndarray) -> Share:
    return float(values.sum()), values.size
