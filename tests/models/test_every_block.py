"""Cross-attention to the prompt in every block against the network that has it in the first one only."""

from dataclasses import replace

import pytest
import torch

from vid2pose3d.models.config import FREE_TEXT_GROUPS, DenoiserConfig, PromptConfig
from vid2pose3d.models.finepose import FinePOSE
from vid2pose3d.models.prompt import Prompt

TEXT = PromptConfig(FREE_TEXT_GROUPS, width=16, heads=2, layers=1, encoder_layers=1, encoder_heads=2, encoder_hidden=16,
                    behaviour="corrected", vocabulary=(0, 320, 49406, 49407))
ONCE = DenoiserConfig(width=16, depth=3, frames=5, heads=2, input_channels=6, prompt=TEXT)
EVERY = replace(ONCE, prompt=replace(TEXT, every_block=True))


def build(config):
    """The same parameters for the same name, none of them zero."""
    model = FinePOSE(config).eval()
    for name, parameter in model.named_parameters():
        torch.manual_seed(sum(name.encode()))
        parameter.data += 0.1 * torch.randn_like(parameter)
    return model


def given(seed=0):
    rng = torch.Generator().manual_seed(seed)
    x2d, noisy = torch.randn(2, 5, 17, 6, generator=rng), torch.randn(2, 3, 5, 17, 3, generator=rng)
    return x2d, noisy, torch.tensor([999, 400])


def prompt(seed, *, pooled=7):
    rng = torch.Generator().manual_seed(seed)
    fixed = torch.Generator().manual_seed(pooled)
    return Prompt(torch.randn(2, TEXT.length, 16, generator=rng), torch.randn(2, 16, generator=fixed))


@torch.no_grad()
def silence(block):
    """Nothing is added to what passes through."""
    block.proj_out.out_layers[-1].weight.zero_()
    block.proj_out.out_layers[-1].bias.zero_()


@torch.no_grad()
def test_with_the_later_blocks_silent_it_is_the_network_with_one():
    once, every = build(ONCE), build(EVERY)
    every.load_state_dict(once.state_dict(), strict=False)
    assert len(every.later_cross_attn) == 2
    assert (every(*given(), prompt(1)) - once(*given(), prompt(1))).abs().max() > 1e-3
    for block in every.later_cross_attn:
        silence(block)
    torch.testing.assert_close(every(*given(), prompt(1)), once(*given(), prompt(1)))


@pytest.mark.parametrize("kept", [None, 0, 1])
@torch.no_grad()
def test_each_block_reads_the_tokens_by_itself(kept):
    """The pooled vector is the same: with every cross-attention silent the tokens do not matter."""
    every = build(EVERY)
    blocks = [every.temporal_cross_attn, *every.later_cross_attn]
    for number, block in enumerate(blocks):
        if kept is None or number != kept + 1:
            silence(block)
    apart = (every(*given(), prompt(1)) - every(*given(), prompt(2))).abs().max()
    assert apart == 0 if kept is None else apart > 1e-4


@torch.no_grad()
def test_block_i_attends_with_the_rows_that_its_spatial_block_gave():
    every, seen = build(EVERY), {}
    every.STEblocks[2].register_forward_hook(lambda _, __, out: seen.update(spatial=out))
    every.later_cross_attn[1].register_forward_hook(lambda _, inputs, out: seen.update(rows=inputs[0], out=out))
    every.TTEblocks[2].register_forward_hook(lambda _, inputs, __: seen.update(temporal=inputs[0]))
    every(*given(), prompt(1))
    rows = every.Spatial_norm(seen["spatial"]).view(6, 5, 17, 16).transpose(1, 2).flatten(0, 1)
    torch.testing.assert_close(seen["rows"], rows)
    torch.testing.assert_close(seen["temporal"], seen["out"])


def test_the_released_behaviour_has_no_such_thing():
    with pytest.raises(ValueError, match="only the first block"):
        FinePOSE(replace(EVERY, prompt=replace(EVERY.prompt, behaviour="released")))
