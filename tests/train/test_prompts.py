import numpy as np

from vid2pose3d.data.mocap import load_mocap, select
from vid2pose3d.models.config import FREE_TEXT_GROUPS, PromptConfig
from vid2pose3d.text.tokens import END, START, tokenize
from vid2pose3d.train.prompts import PromptDraw, vocabulary


def test_the_vocabulary_holds_every_prompt_and_its_mirror_image(mocap):
    known = vocabulary(select(load_mocap(mocap), split="train"))
    for text in ("walk left", "walk right", "walk", "A person", "head"):
        assert set(tokenize([text])[0].tolist()) <= set(known)
    assert not set(tokenize(["xylophone"])[0].tolist()) <= set(known)


def knowing(tokens):
    return PromptConfig(FREE_TEXT_GROUPS, width=16, heads=2, layers=1, encoder_layers=1, encoder_heads=2,
                        encoder_hidden=16, behaviour="corrected", vocabulary=tuple(tokens))


def test_prompts_are_drawn_in_the_shares_asked_for(tiny):
    draw = PromptDraw(None, tiny(no_prompt=0.25, coarse_prompt=0.5, word_dropout=0.0))
    tokens = draw(["jump high"] * 4000, ["jump"] * 4000, np.random.default_rng(0))
    words = ((tokens > 0) & (tokens < START)).sum(1)
    np.testing.assert_allclose(np.bincount(words) / 4000, [0.25, 0.375, 0.375], atol=0.03)


def test_dropped_words_become_unknown_and_marks_stay(tiny):
    draw = PromptDraw(knowing(range(500)), tiny(no_prompt=0.0, coarse_prompt=0.0, word_dropout=1.0))
    tokens, = draw(["jump high"], ["jump"], np.random.default_rng(0))
    assert tokens[:4].tolist() == [START, 500, 500, END]
    assert (tokens[4:] == 0).all()
