"""The mean of lifters, and of which there is none."""

from dataclasses import asdict

import pytest
import torch

from vid2pose3d.errors import InputError
from vid2pose3d.models.registry import build_network
from vid2pose3d.train.average import average
from vid2pose3d.train.lifter import lifter_config
from vid2pose3d.train.start import reads_a_prompt
from vid2pose3d.weights import load, load_text, save


@pytest.fixture
def lifters(tmp_path, tiny):
    """Three lifters of one size with parameters of their own, in files."""
    def make(count=3, **changes):
        paths = []
        for number in range(count):
            torch.manual_seed(number)
            settings = tiny(seed=number, **changes)
            config = lifter_config(settings, load_text("text-small")[1])
            config.training.update(asdict(settings))
            paths.append(str(tmp_path / f"{settings.width}_{number}.safetensors"))
            save(tmp_path / paths[-1], build_network(config.denoiser), config, half=True)
        return paths
    return make


def test_all_but_the_prompt_is_the_mean_and_the_prompt_is_the_last_ones(lifters, tmp_path):
    paths = lifters()
    average(paths, tmp_path / "mean.safetensors")
    made = load(str(tmp_path / "mean.safetensors"))
    states = [load(path).model.state_dict() for path in paths]
    read = 0
    for name, value in made.model.state_dict().items():
        kept = reads_a_prompt(name)
        read += kept
        expected = states[2][name] if kept else (sum(state[name] for state in states) / 3).half().float()
        torch.testing.assert_close(value, expected, rtol=0, atol=0 if kept else 1e-3)
    assert 0 < read < len(states[0])
    assert made.config.training["seed"] == 2
    assert made.config.training["averaged_sha256"] == [load(path).sha256 for path in paths]
    assert made.config.calibration is None


def test_the_mean_of_a_lifter_and_itself_is_that_lifter(lifters, tmp_path):
    (path,) = lifters(count=1)
    average([path, path], tmp_path / "mean.safetensors")
    for one, other in zip(load(path).model.state_dict().values(),
                          load(str(tmp_path / "mean.safetensors")).model.state_dict().values(), strict=True):
        assert torch.equal(one, other)


def test_lifters_of_other_sizes_have_no_mean(lifters, tmp_path):
    (small,), (large,) = lifters(count=1), lifters(count=1, width=24)
    with pytest.raises(InputError, match="16_0 and 24_0 differ in size"):
        average([small, large], tmp_path / "mean.safetensors")
    with pytest.raises(InputError, match="give two or more"):
        average([small], tmp_path / "mean.safetensors")
    assert not (tmp_path / "mean.safetensors").exists()
