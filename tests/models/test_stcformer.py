import pytest
import torch

from vid2pose3d.models.config import DenoiserConfig
from vid2pose3d.models.stcformer import PARTS, CrissCrossAttention, STCFormer
from vid2pose3d.skeleton import H36M17


def test_parts_are_those_of_the_release():
    assert PARTS == (0, 1, 1, 1, 2, 2, 2, 0, 0, 0, 0, 3, 3, 3, 4, 4, 4)


@pytest.mark.parametrize(("width", "parameters"), [(256, 4.748e6), (512, 18.933e6)])
def test_sizes_of_the_release(width, parameters):
    model = STCFormer(DenoiserConfig(width, depth=6, frames=81, hidden_ratio=4, direct="stcformer"))
    assert sum(parameter.numel() for parameter in model.parameters()) == pytest.approx(parameters, abs=500)


def silent(width, heads):
    """An attention whose values are zero, so that only the part embedding is left."""
    attention = CrissCrossAttention(width, heads).double().eval()
    with torch.no_grad():
        for parameter in attention.parameters():
            parameter.zero_()
        attention.proj.weight.copy_(torch.eye(width))
    return attention


def test_the_part_embedding_counts_little_among_joints_and_less_along_time():
    """1e-4 and 1e-9 of it, head by head: the first half of a head is spatial."""
    attention = silent(width=24, heads=3)
    torch.nn.init.normal_(attention.emb.weight, std=1e6)
    given = torch.zeros(1, 2, 17, 24, dtype=torch.float64)
    heads = attention(given).view(1, 2, 17, 3, 8)
    part = attention.emb.weight[torch.tensor(PARTS)]
    for head in range(3):
        torch.testing.assert_close(heads[0, 0, :, head, :4], 1e-4 * part, atol=0, rtol=1e-12)
        torch.testing.assert_close(heads[0, 1, :, head, 4:], 1e-9 * part, atol=0, rtol=1e-12)


def test_a_joint_hears_its_frame_and_its_own_path_and_their_neighbourhood():
    """One attention: with the 3 x 3 neighbourhood, what happens elsewhere at other times leaves it as it is."""
    torch.manual_seed(0)
    attention = CrissCrossAttention(16, 2).double().eval()
    given = torch.randn(1, 9, 17, 16, dtype=torch.float64)
    other = given.clone()
    wrist, ankle = H36M17.indices(("left_wrist", "right_ankle"))
    other[0, 7, ankle] += torch.randn(16)
    moved = (attention(other) - attention(given)).abs().amax(-1)[0]
    assert moved[7, wrist] > 1e-6
    assert moved[0, ankle] > 1e-6
    assert moved[0, wrist] == 0


def test_the_scale_is_that_of_all_heads_together():
    """Attention over the joints written out for one head of four."""
    torch.manual_seed(0)
    attention = CrissCrossAttention(32, 4).double().eval()
    with torch.no_grad():
        attention.sep2_s.weight.zero_(), attention.sep2_s.bias.zero_(), attention.emb.weight.zero_()
        attention.proj.weight.copy_(torch.eye(32)), attention.proj.bias.zero_()
    given = torch.randn(1, 1, 17, 32, dtype=torch.float64)
    qkv = attention.qkv(attention.layer_norm(given))[0, 0]
    q, k, v = (qkv[:, component::3][:, 4:8] for component in range(3))
    expected = torch.softmax(q @ k.T / 16 ** 0.5, dim=-1) @ v
    torch.testing.assert_close((attention(given) - given)[0, 0, :, 8:12], expected)


def test_windows_of_any_length():
    torch.manual_seed(0)
    model = STCFormer(DenoiserConfig(16, depth=1, frames=9, heads=2, input_channels=6, direct="stcformer")).eval()
    for frames in (1, 9, 30):
        assert model(torch.randn(2, frames, 17, 6)).shape == (2, frames, 17, 3)
