from dataclasses import replace

import pytest
import torch

from vid2pose3d.models.config import FREE_TEXT_GROUPS, DenoiserConfig, PromptConfig
from vid2pose3d.models.prompt import PromptEncoder
from vid2pose3d.text.tokens import END, LETTERS, START, tokenize

CONFIG = PromptConfig(FREE_TEXT_GROUPS, width=16, heads=2, layers=1, encoder_layers=1, encoder_heads=2,
                      encoder_hidden=16, behaviour="corrected", vocabulary=(*range(LETTERS), START, END))


def encode(encoder, *texts):
    parts = [group.text for group in FREE_TEXT_GROUPS if group.text]
    return encoder(*(torch.from_numpy(tokenize(list(group), CONFIG.vocabulary)) for group in (texts, parts)))


@pytest.mark.parametrize("frozen", [True, False])
def test_gradients_reach_the_vectors_and_only_a_tower_that_is_not_frozen(frozen):
    torch.manual_seed(0)
    encoder = PromptEncoder(replace(CONFIG, frozen=frozen), 8)
    encode(encoder, "walk", "run").pooled.square().sum().backward()
    for name, parameter in encoder.named_parameters():
        if name.startswith("clip_text."):
            assert (parameter.grad is None) == frozen, name
    assert float(encoder.ctx_verb.grad.abs().max()) > 0
    assert float(encoder.ctx_subject.grad.abs().max()) > 0


def test_features_are_disturbed_in_training_only():
    torch.manual_seed(0)
    encoder = PromptEncoder(replace(CONFIG, feature_noise=0.3), 8)
    first, second = (encode(encoder, "walk").tokens for _ in range(2))
    assert not torch.equal(first, second)
    encoder.eval()
    first, second = (encode(encoder, "walk").tokens for _ in range(2))
    assert torch.equal(first, second)


def test_configurations_stored_before_towers_could_be_frozen_are_read():
    stored = DenoiserConfig(width=16, depth=1, frames=9, prompt=CONFIG).to_dict()
    del stored["prompt"]["frozen"], stored["prompt"]["feature_noise"]
    prompt = DenoiserConfig.from_dict(stored).prompt
    assert not prompt.frozen
    assert prompt.feature_noise == 0
