import numpy as np

from vid2pose3d.camera import project_through_lens
from vid2pose3d.lift.aggregate import jpma, jpma_with_known_root, mean, medoid, spread

RNG = np.random.default_rng(0)
ROOT = np.array([0.3, -0.2, 4.0])


def pose():
    joints = RNG.normal(size=(2, 3, 17, 3)) * 0.4
    return joints - joints[:, :, :1]


def rays_of(poses):
    placed = poses + ROOT
    return placed[..., :2] / placed[..., 2:]


def test_a_hypothesis_that_explains_the_2d_is_chosen_wholly():
    truth = pose()
    others = truth[:, None] + RNG.normal(size=(2, 4, 3, 17, 3)) * 0.2
    hypotheses = np.concatenate([others[:, :2], truth[:, None], others[:, 2:]], axis=1)
    np.testing.assert_allclose(jpma(hypotheses, rays_of(truth), np.ones((2, 3, 17))), truth)


def test_joints_are_chosen_one_by_one():
    truth = pose()
    hypotheses = np.stack([truth, truth], axis=1)
    hypotheses[:, 0, :, 16] += [0.05, 0.0, 0.0]
    hypotheses[:, 1, :, 13] += [0.0, 0.05, 0.0]
    chosen = jpma(hypotheses, rays_of(truth), np.ones((2, 3, 17)))
    np.testing.assert_allclose(chosen[:, :, [13, 16]], truth[:, :, [13, 16]])


def test_a_joint_without_2d_is_the_mean():
    hypotheses = np.stack([pose(), pose()], axis=1)
    weights = np.ones((2, 3, 17))
    weights[..., 5] = 0
    rays = rays_of(hypotheses[:, 0])
    rays[..., 5, :] = 0
    chosen = jpma(hypotheses, rays, weights)
    np.testing.assert_allclose(chosen[:, :, 5], hypotheses.mean(1)[:, :, 5])


def test_mean():
    one, two = pose(), pose()
    np.testing.assert_allclose(mean(np.stack([one, two], axis=1)), (one + two) / 2)


def test_medoid_is_the_hypothesis_amid_the_others_and_may_differ_by_window():
    truth = pose()
    steps = np.array([[0.0, 0.1, 0.3], [0.5, 0.0, 0.6]])  # middle one: second of the first window, first of the other
    hypotheses = truth[:, None] + steps[:, :, None, None, None]
    np.testing.assert_allclose(medoid(hypotheses), np.stack([hypotheses[0, 1], hypotheses[1, 0]]))


def test_known_root_and_camera_choose_joint_by_joint_through_the_lens():
    lens = np.array([2.2, 2.3, 0.05, -0.02, -0.2, 0.24, 0.0, 0.001, -0.002])
    truth, root = pose(), np.broadcast_to(ROOT, (2, 3, 1, 3))
    hypotheses = np.stack([truth, truth, truth], axis=1)
    hypotheses[:, 0, :, 16] += [0.05, 0.0, 0.0]
    hypotheses[:, 2, :, 16] += [0.0, 0.05, 0.0]
    hypotheses[:, 1, :, 13] += [0.0, 0.05, 0.0]
    chosen = jpma_with_known_root(hypotheses, root, project_through_lens(truth + root, lens), lens)
    np.testing.assert_allclose(chosen, truth)


def test_spread_of_two_hypotheses_is_half_their_distance():
    one = pose()
    np.testing.assert_allclose(spread(np.stack([one, one + [0.0, 0.6, 0.8]], axis=1)), 0.5)
    assert (spread(one[:, None]) == 0).all()
