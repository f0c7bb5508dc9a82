import numpy as np

from vid2pose3d.lift.noise import NoiseField


def field(seed=3):
    return NoiseField(seed, iterations=2, hypotheses=3, joints=17)


def test_windows_share_the_noise_of_their_common_frames():
    index = np.stack([np.arange(50, 77), np.arange(63, 90)])
    noise = field()(index)
    assert noise.shape == (2, 2, 3, 27, 17, 3)
    np.testing.assert_array_equal(noise[:, 0, :, 13:], noise[:, 1, :, :14])
    np.testing.assert_array_equal(noise[:, 1], field()(index[1:])[:, 0])


def test_noise_is_standard_normal_and_new_for_each_seed_iteration_and_hypothesis():
    index = np.arange(500)[None]
    noise = field()(index)[:, 0]
    assert abs(noise.mean()) < 0.01
    assert abs(noise.std() - 1) < 0.01
    flat = np.concatenate([noise.reshape(6, -1), field(4)(index)[:, 0].reshape(6, -1)])
    assert np.abs(np.corrcoef(flat) - np.eye(12)).max() < 0.03
