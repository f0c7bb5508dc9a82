import torch

from vid2pose3d.models.config import DenoiserConfig
from vid2pose3d.models.mixste import DirectMixSTE, MixSTE


def test_it_is_the_denoiser_that_hears_neither_noise_nor_step():
    """The denoiser is the one that is pinned to the release's recordings."""
    torch.manual_seed(0)
    sizes = {"width": 16, "depth": 2, "frames": 5, "heads": 2, "input_channels": 2}
    denoiser = MixSTE(DenoiserConfig(**sizes)).eval()
    direct = DirectMixSTE(DenoiserConfig(**sizes, direct="mixste")).eval()
    with torch.no_grad():
        for parameter in denoiser.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
        denoiser.Spatial_patch_to_embedding.weight[:, 2:] = 0
        for parameter in denoiser.time_mlp[3].parameters():
            parameter.zero_()
        state = {name: value for name, value in denoiser.state_dict().items() if not name.startswith("time_mlp.")}
        state["Spatial_patch_to_embedding.weight"] = state["Spatial_patch_to_embedding.weight"][:, :2]
        direct.load_state_dict(state)
        x2d = torch.randn(3, 5, 17, 2)
        expected = denoiser(x2d, torch.randn(3, 1, 5, 17, 3), torch.tensor([3, 500, 999]))[:, 0]
        torch.testing.assert_close(direct(x2d), expected)
