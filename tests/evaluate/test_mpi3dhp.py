import numpy as np
import pytest

from vid2pose3d.evaluate.mpi3dhp import SCORED, scores
from vid2pose3d.skeleton import MPI3DHP17


def test_fourteen_joints_count_for_pck_and_all_for_mpjpe():
    assert list(range(14)) == SCORED
    truth = np.zeros((2, 17, 3))
    estimate = truth.copy()
    estimate[..., MPI3DHP17.index("spine"), 0] = 1700.0
    assert scores(estimate, truth) == pytest.approx({"mpjpe": 100.0, "pck150": 100.0, "auc": 100 * 30 / 31})
    estimate[0, MPI3DHP17.index("left_wrist"), 1] = 150.0
    assert scores(estimate, truth)["pck150"] == pytest.approx(100 * 27 / 28)
