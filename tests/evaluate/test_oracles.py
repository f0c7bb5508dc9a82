import numpy as np

from vid2pose3d.evaluate.metrics import mpjpe
from vid2pose3d.evaluate.oracles import j_best, p_best

RNG = np.random.default_rng(0)
TRUTH = RNG.normal(size=(2, 3, 17, 3))


def test_j_best_assembles_joints_of_many_hypotheses():
    hypotheses = np.stack([TRUTH, TRUTH], axis=1)
    hypotheses[:, 0, :, :8] += 0.1
    hypotheses[:, 1, :, 8:] += 0.1
    np.testing.assert_array_equal(j_best(hypotheses, TRUTH), TRUTH)


def test_p_best_takes_whole_poses_by_frame_window_or_batch():
    shift = np.array([[[0.0, 5.0, 5.0], [1.0, 1.0, 1.0]],    # window 0: best frame, best window
                      [[9.0, 9.0, 9.0], [4.0, 2.0, 2.0]]])   # (window, hypothesis, frame)
    hypotheses = TRUTH[:, None] + shift[..., None, None] * [1.0, 0.0, 0.0]
    errors = {per: mpjpe(p_best(hypotheses, TRUTH, per=per), TRUTH) for per in ("frame", "window", "batch")}
    np.testing.assert_allclose(errors["frame"], [[0, 1, 1], [4, 2, 2]], atol=1e-12)
    np.testing.assert_allclose(errors["window"], [[1, 1, 1], [4, 2, 2]])
    hypotheses[1, 0] = TRUTH[1]
    hypotheses[1, 1] = TRUTH[1] + [3.0, 0.0, 0.0]
    np.testing.assert_allclose(mpjpe(p_best(hypotheses, TRUTH, per="window"), TRUTH).mean(), 0.5)
    np.testing.assert_allclose(mpjpe(p_best(hypotheses, TRUTH, per="batch"), TRUTH).mean(), 10 / 6)


def test_the_fewer_the_bounds_the_lower_the_error():
    hypotheses = TRUTH[:, None] + 0.1 * RNG.normal(size=(2, 8, *TRUTH.shape[1:]))
    found = [mpjpe(chosen, TRUTH).mean() for chosen in (
        j_best(hypotheses, TRUTH), p_best(hypotheses, TRUTH), p_best(hypotheses, TRUTH, per="window"),
        p_best(hypotheses, TRUTH, per="batch"))]
    assert found == sorted(found)
    assert found[0] < found[1] < found[2]
