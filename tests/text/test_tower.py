import json
from pathlib import Path

import numpy as np
import pytest
import torch

from vid2pose3d import weights
from vid2pose3d.models.config import FREE_TEXT_GROUPS, PromptConfig
from vid2pose3d.models.prompt import PromptEncoder
from vid2pose3d.text.tokens import tokenize
from vid2pose3d.train.prompts import PART_TEXTS, said_of_action

REFERENCE = Path(__file__).parent / "reference_features.json"


@pytest.fixture(scope="module")
def embedded():
    return weights.load_text(weights.DEFAULT_TEXT)


@pytest.fixture(scope="module")
def read(embedded):
    tower, config = embedded

    @torch.inference_mode()
    def features(*texts):
        return torch.nn.functional.normalize(tower.read(torch.from_numpy(tokenize(list(texts), config.vocabulary))))
    return features


def test_the_embedded_tower_gives_its_recorded_features(read):
    recorded = json.loads(REFERENCE.read_text(encoding="utf-8"))
    np.testing.assert_allclose(read(*recorded), list(recorded.values()), atol=1e-4)


def test_a_saved_tower_comes_back_bit_for_bit(embedded, tmp_path):
    tower, config = embedded
    weights.save_text(tmp_path / "tower.safetensors", tower, config)
    loaded, same = weights.load_text(str(tmp_path / "tower.safetensors"))
    assert same == config
    for name, value in tower.state_dict().items():
        assert torch.equal(value, loaded.state_dict()[name]), name
    embedded_file, = (Path(weights.__file__).parents[1] / "weights" / "text").glob("text-small.safetensors")
    assert (tmp_path / "tower.safetensors").read_bytes() == embedded_file.read_bytes()


def test_the_model_card_names_the_file():
    folder = Path(weights.__file__).parents[1] / "weights" / "text"
    assert weights.sha256(folder / "text-small.safetensors") in (folder / "text-small.md").read_text(encoding="utf-8")


def test_features_do_not_depend_on_the_other_texts_of_a_batch(read):
    together = read("", "run", "walks slowly through the park with a very old dog")
    alone = torch.cat([read(text) for text in ("", "run", "walks slowly through the park with a very old dog")])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("text", "action"), [
    ("strolls through the town", "walk"), ("a fast runner", "run"), ("jumping over a stream", "jump"),
    ("dances a slow waltz", "dance"), ("a boxer's punch", "martial arts"),
    ("drinks a glass of milk", "everyday activity"), ("crawling under a bed", "floor / crouch"),
    ("throws a basketball", "ball sports"),
])
def test_words_of_an_action_are_nearest_to_it(read, text, action):
    others = ["walk", "run", "jump", "dance", "martial arts", "everyday activity", "floor / crouch", "ball sports"]
    closeness = {other: float((read(text) @ read(*said_of_action(other)).T).max()) for other in others}
    assert max(closeness, key=closeness.__getitem__) == action


def test_inside_a_lifters_prompt_an_action_means_what_it_means_alone(embedded, read):
    tower, config = embedded
    encoder = PromptEncoder(PromptConfig(FREE_TEXT_GROUPS, width=config.width, heads=config.heads, layers=config.layers,
                                         encoder_layers=1, encoder_heads=4, encoder_hidden=16, behaviour="corrected",
                                         vocabulary=config.vocabulary), width=16)
    encoder.clip_text.load_state_dict(tower.state_dict())
    texts = ["walk", "boxing match", "drinks water", "crawls forward", "salsa dance"]
    actions = torch.from_numpy(tokenize(texts, config.vocabulary))
    with torch.inference_mode():
        inside = encoder.clip_text(encoder.sequence(actions, torch.from_numpy(tokenize(PART_TEXTS))))
        found = inside[torch.arange(len(texts)), encoder._pooled_position(actions)]
    cosine = torch.nn.functional.normalize(found) @ read(*texts).T
    assert (cosine.argmax(dim=1) == torch.arange(len(texts))).all()
    assert cosine.diagonal().min() > 0.8
