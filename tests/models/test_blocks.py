"""The denoiser's arithmetic does not depend on how many rows it takes at once, nor on whether it trains."""

import pytest
import torch

from vid2pose3d.models import mixste
from vid2pose3d.models.config import DenoiserConfig
from vid2pose3d.models.layers import Block
from vid2pose3d.models.mixste import MixSTE


def denoiser(**sizes):
    torch.manual_seed(0)
    model = MixSTE(DenoiserConfig(**{"width": 16, "depth": 3, "frames": 9, "heads": 2, "drop_path": 0.0, **sizes}))
    for parameter in model.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    return model.eval()


def given(*, batch=2, hypotheses=3):
    drawn = torch.Generator().manual_seed(1)
    return (torch.randn(batch, 9, 17, 2, generator=drawn), torch.randn(batch, hypotheses, 9, 17, 3, generator=drawn),
            torch.tensor([999, 499])[:batch])


@torch.no_grad()
def test_a_block_is_what_the_paper_writes():
    """Pre-norm attention and MLP with their residuals, written out with a softmax of its own."""
    torch.manual_seed(0)
    block, x = Block(16, 2, 32, drop_path=0.1).eval(), torch.randn(5, 7, 16)
    q, k, v = block.attn.qkv(block.norm1(x)).view(5, 7, 3, 2, 8).unbind(2)
    weights = (torch.einsum("rqhc,rkhc->rhqk", q, k) / 8 ** 0.5).softmax(-1)
    y = x + block.attn.proj(torch.einsum("rhqk,rkhc->rqhc", weights, v).reshape(5, 7, 16))
    hidden = block.mlp.fc1(block.norm2(y))
    expected = y + block.mlp.fc2(hidden * (1 + torch.erf(hidden / 2 ** 0.5)) / 2)
    torch.testing.assert_close(block(x), expected, atol=1e-6, rtol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("at_once", [1, 17 * 16 * 6 * 2, 17 * 16 * 6 * 4])
def test_rows_taken_some_at_a_time(monkeypatch, at_once):
    """One row, two or four frames of six windows at a time, against all together."""
    model = denoiser()
    whole = model(*given())
    monkeypatch.setattr(mixste, "_AT_ONCE", at_once)
    torch.testing.assert_close(model(*given()), whole, atol=1e-6, rtol=1e-5)


@torch.no_grad()
def test_hypotheses_and_samples_of_a_batch_are_independent():
    model, (x2d, noisy, t) = denoiser(), given()
    together = model(x2d, noisy, t)
    for b in range(2):
        for h in range(3):
            alone = model(x2d[b:b + 1], noisy[b:b + 1, h:h + 1], t[b:b + 1])
            torch.testing.assert_close(together[b, h], alone[0, 0], atol=1e-6, rtol=1e-5)


def test_training_and_evaluation_have_the_same_gradients():
    """Without dropped paths; evaluation adds the residuals inside the matrix products."""
    model, found = denoiser(), []
    for mode in (True, False):
        model.zero_grad()
        model.train(mode)(*given()).square().mean().backward()
        found.append([parameter.grad.clone() for parameter in model.parameters()])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, atol=1e-7, rtol=1e-4)


def test_paths_are_dropped_in_training_only():
    model = denoiser(drop_path=0.5)
    assert torch.equal(model(*given()), model(*given()))
    model.train()
    assert not torch.allclose(model(*given()), model(*given()))
