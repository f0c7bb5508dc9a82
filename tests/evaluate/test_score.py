"""The errors of a batch: against the release's own numbers, and by closed forms."""

from dataclasses import replace

import numpy as np
import pytest

from vid2pose3d.evaluate.benchmark import Benchmark, KnownCamera, KnownRays, WindowBatch, clusters_of
from vid2pose3d.evaluate.score import METRICS, MODES, score
from vid2pose3d.skeleton import H36M17

RNG = np.random.default_rng(0)
TRUTH = RNG.normal(size=(2, 6, 17, 3))


def benchmark(*, as_released=True):
    return Benchmark("test", {"a": "a"}, "columns", as_released, lambda: [], 0, H36M17,
                     clusters_of(RNG.normal(size=(80, 17, 3))), ())


def batch(truth=TRUTH, *, scored=None, sight=None):
    frames = truth.shape[:2]
    if sight is None:
        sight = KnownRays(np.zeros((*frames, 17, 2)), np.ones((*frames, 17)), np.stack([np.eye(3)] * len(truth)))
    return WindowBatch("a", (0,), [None], np.zeros((*frames, 17, 2), np.float32), np.stack([np.eye(3)] * len(truth)),
                       truth, np.ones(frames, bool) if scored is None else scored, sight)


def means(scores):
    return {key: total / count for key, (total, count) in scores.items()}


def test_the_release_prints_the_same_numbers(shared):
    """Of its own aggregation and oracles, recorded; the last iteration, two windows in one batch."""
    recorded = np.load(shared / "fixtures" / "fixture_jpma_a.npz")
    sight = KnownCamera(recorded["in/traj"], recorded["in/x2d"], recorded["in/cam9"])
    found = means(score(recorded["in/pred"][:, -1].astype(float), batch(recorded["in/gt"].astype(float), sight=sight),
                        benchmark()))
    names = {("mpjpe", "p_agg"): "mpjpe_P_Agg", ("mpjpe", "j_agg"): "mpjpe_J_Agg",
             ("mpjpe", "p_best"): "mpjpe_P_Best", ("mpjpe", "j_best"): "mpjpe_J_Best",
             ("p_mpjpe", "p_agg"): "pmpjpe_P_Agg", ("p_mpjpe", "j_agg"): "pmpjpe_of_J_Agg_pose",
             ("p_mpjpe", "j_agg_released"): "pmpjpe_J_Agg_upstream", ("p_mpjpe", "p_best"): "pmpjpe_P_Best",
             ("p_mpjpe", "j_best"): "pmpjpe_J_Best"}
    for key, name in names.items():
        assert found[key] == pytest.approx(1000 * recorded[f"out/{name}"][-1], abs=0.01), name


class Straightener:
    """In place of a refiner: knows by how much poses are off along the view's x."""

    def refine_windows(self, x2d, poses):
        return poses - [0.05, 0, 0]


def test_refined_poses_are_scored_in_the_view_in_which_they_were_refined():
    turn = np.array([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]])  # the view's x is the camera's -z
    turned = replace(batch(), camera_from_view=np.stack([turn] * 2))
    found = means(score((TRUTH - [0, 0, 0.05])[:, None], turned, benchmark(), Straightener()))
    assert found["mpjpe", "j_agg"] == pytest.approx(50)
    assert found["mpjpe", "refined"] == pytest.approx(0, abs=1e-9)
    assert found["p_mpjpe", "refined"] == pytest.approx(0, abs=1e-6)


def test_a_shift_has_its_length_in_millimetres_and_no_velocity():
    found = means(score((TRUTH + [0.0312, 0.0, 0.0416])[:, None], batch(), benchmark()))
    for mode in ("p_agg", "j_agg", "medoid", "p_best", "j_best"):
        assert found["mpjpe", mode] == pytest.approx(52)
        assert found["p_mpjpe", mode] == pytest.approx(0, abs=1e-6)
        assert found["mpjve", mode] == pytest.approx(0, abs=1e-6)
        assert (found["pck150", mode], found["auc", mode]) == pytest.approx((100, 100 * 20 / 31))


def test_frames_that_do_not_count_are_left_out_and_so_are_velocities_at_them():
    scored = np.ones((2, 6), bool)
    scored[0, 2] = scored[1, :5] = False
    estimate = TRUTH.copy()
    estimate[~scored] += 1.0
    shares = score(estimate[:, None], batch(scored=scored), benchmark())
    counts = {metric: shares[metric, "p_agg"][1] for metric in METRICS}
    assert counts == {"mpjpe": 6, "p_mpjpe": 6, "n_mpjpe": 6, "pck150": 6, "auc": 6, "pss": 6, "mpjve": 3,
                      "acceleration": 1}
    for metric in ("mpjpe", "p_mpjpe", "n_mpjpe", "mpjve", "acceleration"):
        assert shares[metric, "p_agg"][0] == pytest.approx(0, abs=1e-6)
    assert score(estimate[:, None], batch(scored=np.zeros((2, 6), bool)), benchmark()) == {}


def test_pck_and_auc_leave_the_trunk_out():
    estimate = TRUTH.copy()
    estimate[..., H36M17.indices(("pelvis", "spine", "neck_nose")), :] += 1.0
    estimate[..., H36M17.index("left_wrist"), 0] += 0.2
    found = means(score(estimate[:, None], batch(), benchmark()))
    assert found["pck150", "p_agg"] == pytest.approx(100 * 13 / 14)
    assert found["auc", "p_agg"] == pytest.approx(100 * 13 / 14 * 30 / 31)


def test_p_best_is_of_the_batch_as_released_and_of_the_window_otherwise():
    poses = np.stack([TRUTH, TRUTH], axis=1)
    poses[0, 1] += [0.1, 0, 0]
    poses[1, 0] += [0.3, 0, 0]
    assert means(score(poses, batch(), benchmark()))["mpjpe", "p_best"] == pytest.approx(50)
    assert means(score(poses, batch(), benchmark(as_released=False)))["mpjpe", "p_best"] == pytest.approx(0)


def test_structure_is_that_of_the_nearest_cluster_whatever_the_size():
    found = benchmark()
    centres = found.clusters.centres.reshape(-1, 17, 3)
    truth = np.stack([centres[:6], centres[6:12]])
    estimate = 2 * truth
    estimate[0, :3] = centres[20:23]
    assert means(score(estimate[:, None], batch(truth), found))["pss", "p_agg"] == pytest.approx(75)


def test_oracles_are_named_as_such():
    assert {name for name, mode in MODES.items() if mode.oracle} == {"p_best", "j_best"}
    assert all(("(oracle)" in mode.title) == mode.oracle for mode in MODES.values())
