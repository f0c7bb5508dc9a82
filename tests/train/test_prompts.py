import numpy as np
import pytest

from vid2pose3d.data.mocap import load_mocap, select
from vid2pose3d.models.config import FREE_TEXT_GROUPS, PromptConfig
from vid2pose3d.text.tokens import tokenize
from vid2pose3d.train.phrases import phrases
from vid2pose3d.train.prompts import PromptDraw, said_of_action, said_of_label
from vid2pose3d.weights import DEFAULT_TEXT, load_text

COUNT = 4000


@pytest.fixture
def many(mocap, tiny):
    """Prompts of many samples of one label and action, among clips of two actions."""
    index = (mocap / "index.csv").read_text().replace("walk left,walk,train", "high jump,jump,train", 1)
    (mocap / "index.csv").write_text(index)
    clips = select(load_mocap(mocap), split="train")
    assert {clip.action for clip in clips} == {"walk", "jump"}
    return lambda **changes: PromptDraw([clip.action for clip in clips], None, tiny(**changes)).texts(
        ["high jump"] * COUNT, ["jump"] * COUNT, np.random.default_rng(0))


def test_prompts_are_drawn_in_the_shares_asked_for(many):
    texts = many(no_prompt=0.3, wrong_prompt=0.1, coarse_prompt=0.5, loose_prompt=0.2, reworded=0.5)
    loose = {*phrases().examples["jump"]} - {"high jump", *said_of_label("high jump")}
    kinds = {"none": [""], "wrong": said_of_action("walk"), "coarse": said_of_action("jump"), "loose": sorted(loose),
             "label": ["high jump"], "reworded": said_of_label("high jump")}
    shares = {kind: np.isin(texts, said).mean() for kind, said in kinds.items()}
    assert sum(shares.values()) == pytest.approx(1)
    np.testing.assert_allclose(list(shares.values()), [0.3, 0.1, 0.3, 0.06, 0.12, 0.12], atol=0.025)


def test_all_the_words_for_an_action_occur(many):
    assert set(many(no_prompt=0, wrong_prompt=0, coarse_prompt=1)) == set(said_of_action("jump"))


def test_an_action_without_phrases_keeps_its_label(tiny):
    draw = PromptDraw(["juggling"], None, tiny(no_prompt=0, wrong_prompt=0, coarse_prompt=0, loose_prompt=1))
    assert draw.texts(["three balls"], ["juggling"], np.random.default_rng(0)) == ["three balls"]


def test_a_single_action_has_no_wrong_one(mocap, tiny):
    draw = PromptDraw(["walk"], None,
                      tiny(no_prompt=0, wrong_prompt=1, coarse_prompt=0, loose_prompt=0))
    texts = draw.texts(["walk left"] * 50, ["walk"] * 50, np.random.default_rng(0))
    assert set(texts) <= {"walk left", *said_of_label("walk left")}


def test_prompts_become_tokens_of_the_tower(mocap, tiny):
    vocabulary = load_text(DEFAULT_TEXT)[1].vocabulary
    prompt = PromptConfig(FREE_TEXT_GROUPS, width=16, heads=2, layers=1, encoder_layers=1, encoder_heads=2,
                          encoder_hidden=16, behaviour="corrected", vocabulary=vocabulary)
    draw = PromptDraw(["walk"], prompt,
                      tiny(no_prompt=0, wrong_prompt=0, coarse_prompt=0, loose_prompt=0, reworded=0))
    tokens = draw(["walk left", "walk right"], ["walk", "walk"], np.random.default_rng(0))
    np.testing.assert_array_equal(tokens, tokenize(["walk left", "walk right"], vocabulary))
    assert set(tokens.ravel().tolist()) <= {0, *vocabulary}


def test_a_mirrored_label_is_said_in_mirrored_words():
    written = phrases().labels
    assert said_of_label("walk, veer left") == written["walk, veer left"]
    assert "walk digital figure eight" in written
    one_sided = {label for label in written if "left" in label or "right" in label}
    for label in one_sided:
        for phrase in said_of_label(label):
            assert ("left" in phrase) == ("left" in label), (label, phrase)
    assert said_of_label("a label that nobody wrote words for") == []


def test_words_of_other_sides_come_from_the_mirrored_label(monkeypatch):
    monkeypatch.setitem(phrases().labels, "swing left arm", ["the left arm swings"])
    assert said_of_label("swing right arm") == ["the right arm swings"]


def test_every_action_has_words():
    assert len(phrases().general) == len(phrases().examples) == 15
    assert all(len(said) >= 7 for said in phrases().general.values())
