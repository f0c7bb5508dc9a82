import pytest
import torch

from vid2pose3d.models.config import PoseDenoiserConfig
from vid2pose3d.models.pose_denoiser import PoseDenoiser


@pytest.mark.parametrize(("depth", "millions"), [(4, 7.2), (6, 10.5), (8, 13.9), (10, 17.2)])
def test_sizes_of_the_paper(depth, millions):
    model = PoseDenoiser(PoseDenoiserConfig(frames=27, depth=depth))
    assert sum(parameter.numel() for parameter in model.parameters()) / 1e6 == pytest.approx(millions, rel=0.015)


def small():
    torch.manual_seed(0)
    return PoseDenoiser(PoseDenoiserConfig(frames=9, input_channels=6, width=16, depth=2, heads=2)).eval()


def test_it_begins_with_no_opinion_and_then_hears_2d_pose_and_step():
    model = small()
    x2d, noisy, t = torch.randn(2, 9, 17, 6), torch.randn(2, 9, 17, 3), torch.tensor([0, 49])
    assert (model(x2d, noisy, t) == 0).all()
    torch.nn.init.normal_(model.head.weight)
    first = model(x2d, noisy, t)
    for other in (model(x2d + 1, noisy, t), model(x2d, noisy + 1, t), model(x2d, noisy, t.flip(0))):
        assert (other - first).abs().max() > 1e-3
