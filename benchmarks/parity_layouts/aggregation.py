"""Recordings of D3DP's aggregation with the true root and camera, and of the errors that its evaluation prints."""

from collections.abc import Iterator

import numpy as np

from parity_layouts.recorded import Check, Recorded
from vid2pose3d.camera import project_through_lens
from vid2pose3d.data.h36m import denormalise_screen
from vid2pose3d.data.mpi3dhp import CAMERAS
from vid2pose3d.evaluate.metrics import AUC_THRESHOLDS, joint_errors, mpjpe, p_mpjpe, pck, similarity_aligned
from vid2pose3d.evaluate.mpi3dhp import SCORED, scores
from vid2pose3d.evaluate.oracles import j_best, p_best
from vid2pose3d.lift.aggregate import jpma_with_known_root, mean, nearest_hypotheses, take_hypotheses

_METRES = 1e-3


def recognises(recorded: Recorded) -> bool:
    return all(key in recorded for key in ("in/pred", "in/gt", "in/traj", "in/x2d", "in/cam9"))


def compare(recorded: Recorded) -> Iterator[Check]:
    """Yield what the package computes for the arrays of the recording."""
    for key, found in _metres(recorded).items():
        if key in recorded:
            yield Check(key, found)
    if "hp/pred_mm" in recorded:
        yield from _pixels_and_millimetres(recorded)


def _metres(recorded: Recorded) -> dict[str, np.ndarray]:
    truth, root, xy, lens = (recorded[f"in/{name}"] for name in ("gt", "traj", "x2d", "cam9"))
    columns: dict[str, list[np.ndarray]] = {}
    for poses in np.moveaxis(recorded["in/pred"], 1, 0):
        for key, value in _iteration(poses, truth, root, xy, lens).items():
            columns.setdefault(key, []).append(value)
    found = {key: np.stack(values, axis=0 if values[0].ndim == 0 else 1) for key, values in columns.items()}
    found["out/gt_proj"] = project_through_lens(truth + root, lens)
    found["out/pmpjpe_of_single"] = p_mpjpe(recorded["in/pred"][:, 0, 0], truth).mean()
    return found


def _iteration(poses: np.ndarray, truth: np.ndarray, root: np.ndarray, xy: np.ndarray,
               lens: np.ndarray) -> dict[str, np.ndarray]:
    """poses: (B, H, F, J, 3) of one iteration."""
    projected = project_through_lens(poses + root[:, None], lens)
    index = nearest_hypotheses(projected, xy)
    assembled = jpma_with_known_root(poses, root, xy, lens)
    aligned = similarity_aligned(poses, np.broadcast_to(truth[:, None], poses.shape))
    return {
        "out/reproj": projected, "out/J_Agg_index": index, "out/J_Agg_pose": assembled,
        "out/mpjpe_J_Best": mpjpe(j_best(poses, truth), truth).mean(),
        "out/mpjpe_P_Best": mpjpe(p_best(poses, truth, per="batch"), truth).mean(),
        "out/mpjpe_P_Best_per_frame": mpjpe(p_best(poses, truth), truth).mean(),
        "out/mpjpe_P_Agg": mpjpe(mean(poses), truth).mean(),
        "out/mpjpe_J_Agg": mpjpe(assembled, truth).mean(),
        "out/mpjpe_of_J_Agg_pose": mpjpe(assembled, truth).mean(),
        "out/pmpjpe_J_Best": mpjpe(j_best(aligned, truth), truth).mean(),
        "out/pmpjpe_P_Best": mpjpe(p_best(aligned, truth, per="batch"), truth).mean(),
        "out/pmpjpe_P_Agg": p_mpjpe(mean(poses), truth).mean(),
        "out/pmpjpe_J_Agg_upstream": mpjpe(take_hypotheses(aligned, index), truth).mean(),
        "out/pmpjpe_of_J_Agg_pose": p_mpjpe(assembled, truth).mean(),
    }


def _pixels_and_millimetres(recorded: Recorded) -> Iterator[Check]:
    truth, root, lens = recorded["hp/gt_mm"], recorded["hp/traj_mm"], recorded["hp/cam9_pix"]
    camera = min(CAMERAS.values(), key=lambda known: float(np.abs(known.lens - lens).sum()))
    yield Check("hp/cam9_pix", camera.lens, 1 / camera.size[0])
    xy = denormalise_screen(recorded["hp/x2d_norm"], *camera.size)
    indices, chosen = [], []
    for poses in np.moveaxis(recorded["hp/pred_mm"], 1, 0):
        indices.append(nearest_hypotheses(project_through_lens(poses + root[:, None], lens), xy))
        chosen.append(jpma_with_known_root(poses, root, xy, lens))
    yield Check("hp/J_Agg_index", np.stack(indices, axis=1))
    yield Check("hp/J_Agg_pose", np.stack(chosen, axis=1), _METRES)
    found = scores(chosen[-1], truth)
    yield Check("hp/mpjpe", np.array(found["mpjpe"]), _METRES)
    yield Check("hp/pck150", np.array(found["pck150"]), 0.01)
    yield Check("hp/auc", np.array(found["auc"]), 0.01)
    yield Check("hp/pck_curve", pck(joint_errors(chosen[-1], truth)[..., SCORED], AUC_THRESHOLDS))
