"""What it costs to lift from COCO's joints in place of Human3.6M's own."""

import pytest
from joint_sets import ROWS, TRUTH, error_of, read_people

from vid2pose3d.lift import Lifter
from vid2pose3d.weights import DEFAULT


@pytest.mark.parametrize("clip", ["walk_static", "karate_high"])
def test_true_coco_joints_cost_less_than_8_mm(shared, clip):
    lifter = Lifter.load(DEFAULT)
    (truth,) = read_people(shared / "clips" / "rendered" / clip)
    errors = {name: error_of(lifter, truth, *ROWS[name], hypotheses=1, seed=0) for name in (TRUTH, "coco17, true")}
    assert 10 < errors[TRUTH] < 60
    assert errors["coco17, true"] - errors[TRUTH] < 8
