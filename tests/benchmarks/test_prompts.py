import json

import numpy as np
import prompts
import pytest
from near_copies import near_copy, stems
from teach_text import composed, frequent_words, listed, unseen, with_ending, without_unseen

from vid2pose3d.data.mocap import load_mocap, select
from vid2pose3d.train.phrases import phrases
from vid2pose3d.train.prompts import said_of_label


def copies(texts, others):
    """Pairs of a text and its near copy among others."""
    meant = [(other, stems(other)) for other in others]
    return [(text, other) for text in texts for other, words in meant if near_copy(stems(text), words)]


UNSEEN = [text for texts in unseen().values() for text in texts]


def test_the_unseen_prompts_are_four_of_each_action():
    assert {action: len(texts) for action, texts in unseen().items()} == dict.fromkeys(phrases().general, 4)
    assert len(set(UNSEEN)) == 60


@pytest.mark.parametrize(("one", "other", "near"), [
    ("strolling", "she strolls", True), ("a jog in the park", "jogging in parks", True), ("boxing", "boxes", True),
    ("a jog in the park", "a jog", False), ("strolling", "strolling slowly at home", False),
])
def test_near_copies(one, other, near):
    assert near_copy(stems(one), stems(other)) == near


def test_no_phrase_that_training_says_is_a_near_copy_of_an_unseen_prompt():
    said = [phrase for kind in (phrases().general, phrases().examples, phrases().labels) for words in kind.values()
            for phrase in words]
    assert copies(UNSEEN, [*said, *phrases().general, *phrases().labels]) == []


def test_nor_is_any_label_of_the_training_split_or_any_way_to_say_it(shared):
    labels = {clip.label for clip in select(load_mocap(shared / "mocap"), split="train")}
    said = [phrase for label in labels for phrase in said_of_label(label)]
    assert copies(UNSEEN, [*labels, *said]) == []


def test_the_corpus_of_the_text_tower_is_cleared_of_near_copies(pytestconfig):
    parts = json.loads((pytestconfig.rootpath / "benchmarks" / "phrase_parts.json").read_text(encoding="utf-8"))
    rng, known = np.random.default_rng(0), dict(phrases().by_action({}))
    drawn = {**dict.fromkeys([*composed(parts, 3000, rng), *UNSEEN], ""), **listed(known, parts["moves"], rng)}
    kept = without_unseen(drawn)
    assert len(drawn) - 300 < len(kept) < len(drawn)
    assert copies(UNSEEN, kept) == []
    assert {"walking", "jump"} <= set(frequent_words())


@pytest.mark.parametrize(("verb", "ing", "s"), [
    ("walk", "walking", "walks"), ("run", "running", "runs"), ("dance", "dancing", "dances"), ("lie down", "lying down",
    "lies down"), ("carry", "carrying", "carries"), ("play", "playing", "plays"), ("box", "boxing", "boxes"),
    ("sit", "sitting", "sits"), ("shake hands", "shaking hands", "shakes hands"), ("argue", "arguing", "argues"),
])
def test_verbs_get_their_endings(verb, ing, s):
    assert with_ending(verb, "ing") == ing
    assert with_ending(verb, "s") == s


def test_the_nearest_action_is_that_of_the_nearest_phrases():
    angles = {"a": 0, "b": 10, "c": 20, "d": 50, "e": 55, "f": 60, "asked": 33}
    known = [(text, "one" if text in "abc" else "two") for text in "abcdef"]

    def read(texts):
        radians = np.radians([angles[text] for text in texts])
        return np.stack([np.cos(radians), np.sin(radians)], axis=1)

    assert prompts.nearest_actions(read, known, ["asked", "a", "f"]) == ["two", "one", "two"]


def test_the_embedded_tower_names_the_action_of_most_test_labels_and_unseen_prompts(shared, capsys):
    known, asked = prompts.texts_of(shared / "mocap")
    read = prompts.tower(prompts.DEFAULT_TEXT)
    for what in prompts.BARRED:
        found = prompts.nearest_actions(read, known, [text for text, _ in asked[what]])
        assert prompts.print_table(what, asked[what], found) >= prompts.BAR
        assert what in capsys.readouterr().out
