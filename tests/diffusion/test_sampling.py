"""What no recording shows of schedule, sampler and loss: closed forms."""

import math

import numpy as np
import pytest
import torch

from vid2pose3d.diffusion import CosineSchedule, backward_as_released, ddim_sample, ddim_times, position_loss

SCHEDULE = CosineSchedule()


def test_signal_levels_of_the_cosine_schedule():
    def level(x):
        return math.cos((x / 1000 + 0.008) / 1.008 * math.pi / 2) ** 2

    assert SCHEDULE.alphas_cumprod[[0, 499]].tolist() == pytest.approx([level(1) / level(0), level(500) / level(0)])
    assert SCHEDULE.betas[-1] == 0.999
    assert SCHEDULE.alphas_cumprod[-1].item() == pytest.approx(2.4e-9, rel=0.02)


def test_buffers_satisfy_what_defines_them():
    buffers = SCHEDULE.buffers()
    assert len(buffers) == 12
    assert {value.shape for value in buffers.values()} == {(1000,)}
    squares = buffers["sqrt_alphas_cumprod"] ** 2 + buffers["sqrt_one_minus_alphas_cumprod"] ** 2
    np.testing.assert_allclose(squares, 1, atol=1e-12)
    assert buffers["posterior_variance"][0] == 0
    assert buffers["posterior_log_variance_clipped"][0].item() == pytest.approx(math.log(1e-20))
    # the posterior mean of x0 = x_t = 1 without noise: q(x_{t-1} | x_t, x0) of Ho et al. 2020, Eq. 7
    t, level = 500, SCHEDULE.alphas_cumprod
    beta = 1 - level[t] / level[t - 1]
    assert buffers["posterior_mean_coef1"][t].item() == pytest.approx(
        (level[t - 1].sqrt() * beta / (1 - level[t])).item())


@pytest.mark.parametrize(("iterations", "times"), [(1, [999, -1]), (2, [999, 499, -1]), (3, [999, 665, 332, -1]),
                                                   (5, [999, 799, 599, 399, 199, -1])])
def test_steps(iterations, times):
    assert ddim_times(1000, iterations) == times


def test_diffused_poses_are_clipped_and_scaled_back():
    x0, noise = torch.zeros(2, 3, 17, 3), torch.full((2, 3, 17, 3), 5.0)
    t = torch.tensor([0, 999])
    one = SCHEDULE.diffuse(x0, noise, t)
    level = SCHEDULE.alphas_cumprod[0].item()
    np.testing.assert_allclose(one[0], min(1.1, 5 * (1 - level) ** 0.5), rtol=1e-6)
    np.testing.assert_allclose(one[1], 1.1, rtol=1e-6)
    np.testing.assert_allclose(CosineSchedule(signal=2.0).diffuse(x0, noise, t)[1], 1.1, rtol=1e-6)


def test_estimates_beyond_the_limit_are_clipped():
    (only,) = ddim_sample(lambda x, step: torch.full_like(x, 7.0), torch.zeros(1, 4), SCHEDULE, iterations=1)
    np.testing.assert_allclose(only.clean, 1.1)


def test_noise_is_estimated_from_the_unclipped_sample():
    """The network sees +-1.1; the step to t = 499 uses the start itself, here 3."""
    seen = []

    def denoise(x, step):
        seen.append(x.clone())
        return torch.full_like(x, 0.2)

    start = torch.full((1, 4), 3.0, dtype=torch.float64)
    list(ddim_sample(denoise, start, SCHEDULE, iterations=2, eta=0.0, noise=torch.zeros_like))
    np.testing.assert_allclose(seen[0], 1.1)
    now, then = SCHEDULE.alphas_cumprod[999].item(), SCHEDULE.alphas_cumprod[499].item()
    eps = (3.0 - now ** 0.5 * 0.2) / (1 - now) ** 0.5
    expected = then ** 0.5 * 0.2 + (1 - then) ** 0.5 * eps
    assert expected > 1.1  # so that the network sees it clipped again; a gentler start shows the value itself
    np.testing.assert_allclose(seen[1], 1.1)
    start = torch.full((1, 4), 1.3, dtype=torch.float64)
    seen.clear()
    list(ddim_sample(denoise, start, SCHEDULE, iterations=2, eta=0.0, noise=torch.zeros_like))
    eps = (1.3 - now ** 0.5 * 0.2) / (1 - now) ** 0.5
    np.testing.assert_allclose(seen[1], then ** 0.5 * 0.2 + (1 - then) ** 0.5 * eps, rtol=1e-9)


def test_loss_and_the_releases_gradient():
    estimate = torch.tensor([[3.0, 0.0, 4.0], [0.0, 0.0, 0.0]], requires_grad=True)
    loss = position_loss(estimate, torch.tensor([[0.0, 0.0, 0.0], [0.0, 2.0, 0.0]]))
    assert loss.item() == pytest.approx(3.5)
    backward_as_released(loss)
    np.testing.assert_allclose(estimate.grad, 3.5 / 2 * np.array([[0.6, 0.0, 0.8], [0.0, -1.0, 0.0]]), rtol=1e-6)
