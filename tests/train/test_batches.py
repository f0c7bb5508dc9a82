from dataclasses import replace

import numpy as np
import pytest
import torch

from vid2pose3d.diffusion import CosineSchedule
from vid2pose3d.errors import InputError
from vid2pose3d.models.registry import build_network
from vid2pose3d.train.batches import SampleMaker
from vid2pose3d.train.lifter import PositionLoss, lifter_config
from vid2pose3d.train.material import load_material
from vid2pose3d.train.prompts import PromptDraw
from vid2pose3d.weights import load_text

LAST = CosineSchedule().steps - 1


@pytest.fixture
def draw(mocap, tiny):
    """Makes one sample of a recipe."""
    def make(**changes):
        settings = tiny(model="d3dp", batch=64, **changes)
        material = load_material(mocap, settings)
        return SampleMaker(material.sampler, PromptDraw(material.actions, None, settings), settings)(0)
    return make


def test_only_samples_with_a_trace_of_the_pose_get_the_lifters_own(draw):
    sample = draw(pure_noise=0.5, own_estimate=1.0)
    assert torch.equal(sample.own, sample.t < LAST)
    assert 16 <= sample.own.sum() <= 48
    assert not draw(own_estimate=0.0).own.any()


def test_the_noisy_pose_is_the_diffused_truth(draw):
    sample = draw(pure_noise=0.0)
    level = CosineSchedule().alphas_cumprod[sample.t].reshape(-1, 1, 1, 1, 1)
    mixed = level.sqrt() * sample.target[:, None] + (1 - level).sqrt() * sample.noise
    torch.testing.assert_close(sample.noisy, mixed.clamp(-1.1, 1.1).float())


def test_the_lifters_own_estimate_is_diffused_where_it_should_be(draw, tiny):
    sample = draw(pure_noise=0.3, own_estimate=0.5)
    model = build_network(lifter_config(tiny(model="d3dp", drop_path=0.0), load_text("text-small")[1]).denoiser)
    seen = []
    model.register_forward_pre_hook(lambda _, given: seen.append(given))
    PositionLoss(model)(sample)
    (x2d, start, first), (_, noisy, t) = seen
    own, level = sample.own, CosineSchedule().alphas_cumprod[sample.t].reshape(-1, 1, 1, 1, 1)
    assert torch.equal(x2d, sample.x2d[own]) and (first == LAST).all() and torch.equal(t, sample.t)
    assert torch.equal(start, sample.start[own].clamp(-1.1, 1.1))
    assert torch.equal(noisy[~own], sample.noisy[~own])
    estimate = model(x2d, start, first)
    mixed = level.sqrt()[own] * estimate + (1 - level).sqrt()[own] * sample.noise[own]
    torch.testing.assert_close(noisy[own], mixed.clamp(-1.1, 1.1).float())


def test_a_share_of_the_samples_lacks_joints(draw):
    for share, least, most in ((0.0, 0, 0), (0.5, 16, 48)):
        guessed = draw(lost_joints=share).x2d[..., 2] == np.float32(0.1)
        assert least <= guessed.all(dim=1).any(dim=1).sum() <= most


@pytest.mark.parametrize("name", ["pure_noise", "own_estimate", "loose_prompt"])
def test_shares_are_within_0_and_1(tiny, name):
    with pytest.raises(InputError, match=f"--{name.replace('_', '-')} 1.5: must be within 0 and 1"):
        tiny(**{name: 1.5}).check()


def test_another_number_is_another_sample(mocap, tiny):
    settings = replace(tiny(model="d3dp"), seed=3)
    material = load_material(mocap, settings)
    maker = SampleMaker(material.sampler, PromptDraw(material.actions, None, settings), settings)
    first, second, again = maker(0), maker(1), maker(0)
    assert not torch.equal(first.noise, second.noise)
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)
