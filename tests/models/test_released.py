"""Released state dicts: what their names and shapes tell. Their numbers: tests/benchmarks/test_parity.py."""

import pytest
import torch
from parity_layouts.denoiser import Network
from parity_layouts.recorded import Recorded

from vid2pose3d.models.config import H36M_GROUPS, MPI3DHP_GROUPS, DenoiserConfig
from vid2pose3d.models.finepose import FinePOSE
from vid2pose3d.models.mixste import MixSTE
from vid2pose3d.models.prompt import Prompt
from vid2pose3d.models.released import from_released, released_config, released_name, released_prompt


def released_state(model):
    return {f"module.{released_name(name)}": value for name, value in model.state_dict().items()}


@pytest.mark.parametrize("with_action", [True, False, None])
def test_the_configuration_is_read_from_names_and_shapes(with_action):
    prompt = None
    if with_action is not None:
        prompt = released_prompt(with_action=with_action, width=128, heads=2, layers=3, vocabulary=50)
    config = DenoiserConfig(width=48, depth=3, frames=7, hidden_ratio=2, prompt=prompt)
    model = MixSTE(config) if prompt is None else FinePOSE(config)
    state = released_state(model)
    state |= {"module.betas": torch.zeros(1000), "module.pose_estimator.clip_text.visual.conv1.weight": torch.zeros(1),
              "module.pose_estimator.clip_text.logit_scale": torch.zeros(())}
    assert released_config(from_released(state)) == config
    model.load_state_dict(from_released(state))


def test_both_released_prompts_have_77_vectors_and_3dhp_pools_the_last():
    assert sum(group.length for group in H36M_GROUPS) == sum(group.length for group in MPI3DHP_GROUPS) == 77
    config = released_prompt(with_action=False, width=64, heads=1, layers=1, vocabulary=50)
    assert config.pooled_position == 76
    assert all(group.text for group in config.groups)


def test_another_state_dict_is_refused():
    with pytest.raises(KeyError):
        released_config({"conv1.weight": torch.zeros(3)})


@torch.no_grad()
def test_corrected_pairing_gives_each_sample_its_own_text(shared):
    """Of a batch with two texts, each sample must come out as in a batch of its own text alone."""
    recorded = Recorded(shared / "fixtures" / "fixture_a.npz")
    network = Network(recorded)
    model, (mixed,) = network.model, network.prompt("mixed")
    given = [recorded.tensor(f"in/{name}") for name in ("x2d", "x3d_t", "t")]
    model._tile = False
    y = model(*given, mixed)
    for i in range(2):
        own = Prompt(mixed.tokens[i:i + 1].expand(2, -1, -1), mixed.pooled[i:i + 1].expand(2, -1))
        torch.testing.assert_close(y[i], model(*given, own)[i], atol=1e-5, rtol=1e-4)
    assert (y - recorded.tensor("out/mixed/y")).abs().max() > 1e-3
