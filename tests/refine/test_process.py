import pytest
import torch

from vid2pose3d.diffusion import CosineSchedule
from vid2pose3d.models.config import REFINER_STEPS
from vid2pose3d.refine.process import disturb, refine

SCHEDULE = CosineSchedule(REFINER_STEPS)


def poses(count=4):
    drawn = torch.Generator().manual_seed(0)
    return tuple(torch.randn(count, 9, 17, 3, dtype=torch.float64, generator=drawn) for _ in range(2))


@pytest.mark.parametrize("iterations", [1, 2, 5, 50])
def test_a_perfect_network_leads_back_to_the_truth(iterations):
    """From the estimate, up to the little signal that x_T would have: sqrt of the last level."""
    x0, error = poses()
    *_, last = refine(lambda _x, _step: error, x0 + error, SCHEDULE, iterations=iterations)
    left = SCHEDULE.alphas_cumprod[-1].sqrt()
    assert 0 < (last.clean - x0).abs().max() < 5 * left


def test_between_truth_and_estimate():
    """x_t over the sum of both shares is x0 + w e, with the weights of the last, the middle and the first step."""
    x0, error = poses(3)
    t = torch.tensor([49, 24, 0])
    level = SCHEDULE.alphas_cumprod[t].view(3, 1, 1, 1)
    w = (disturb(x0, error, t, SCHEDULE) / (level.sqrt() + (1 - level).sqrt()) - x0) / error
    torch.testing.assert_close(w.mean((1, 2, 3)), torch.tensor([0.999, 0.5, 0.04], dtype=torch.float64),
                               atol=6e-3, rtol=0)
    torch.testing.assert_close(w, w.mean((1, 2, 3), keepdim=True).expand_as(w))


def test_values_beyond_the_lifters_limit_are_not_clipped():
    far = torch.full((1, 1, 17, 3), 3.0)
    assert disturb(far, torch.zeros_like(far), torch.tensor([24]), SCHEDULE).min() > 3.0
    *_, last = refine(lambda x, _: torch.zeros_like(x), far, SCHEDULE, iterations=2)
    torch.testing.assert_close(last.clean, far, atol=5e-3, rtol=0)


def test_the_chain_asks_at_the_papers_steps():
    asked = []
    list(refine(lambda x, step: asked.append(step) or x * 0, poses()[0], SCHEDULE, iterations=2))
    assert asked == [49, 24]
