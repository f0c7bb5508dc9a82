import numpy as np
import pytest
import torch

from vid2pose3d.cli.app import run_command
from vid2pose3d.errors import InputError
from vid2pose3d.reporter import Reporter
from vid2pose3d.text.tokens import tokenize
from vid2pose3d.train.settings import TextSettings
from vid2pose3d.train.text import read_lesson, train_text
from vid2pose3d.weights import load_text

WORDS = {"walk": "stroll wander march pace hike", "jump": "hop leap skip bounce spring",
         "eat": "drink bite chew sip dine"}
PLACES = ("", " slowly", " at home", " in the park", " again", " a lot", " on stage", " today")


@pytest.fixture
def lesson_file(tmp_path):
    """Made-up features: phrases of one action point the same way, more or less."""
    rng = np.random.default_rng(0)
    rows = [(word + place, action) for action, words in WORDS.items() for word in words.split() for place in PLACES]
    directions = {action: rng.standard_normal(16) for action in WORDS}
    words = {word: rng.standard_normal(16) for text, _ in rows for word in text.split()}
    features = np.array([2 * directions[action] + sum(words[word] for word in text.split()) for text, action in rows])
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    np.savez(tmp_path / "phrases.npz", phrases=np.array([text for text, _ in rows]),
             actions=np.array([action if number % 2 else "" for number, (_, action) in enumerate(rows)]),
             features=features.astype(np.float16))
    return tmp_path / "phrases.npz"


class Silent(Reporter):
    pass


def train(path, out, **changes):
    settings = TextSettings(**{"heads": 2, "layers": 1, "steps": 60, "batch": 24, "warmup": 5, **changes})
    return train_text(read_lesson(path), out, settings, reporter=Silent())


def test_the_tower_learns_the_features_of_phrases_that_it_never_saw(lesson_file, tmp_path):
    before, after = (train(lesson_file, tmp_path / "tower.safetensors", steps=steps,
                           learning_rate=0.01) for steps in (1, 150))
    assert after > 0.8 > before
    tower, config = load_text(str(tmp_path / "tower.safetensors"))
    assert (config.width, config.heads, config.layers, config.context) == (16, 2, 1, 51)
    lesson = read_lesson(lesson_file)
    with torch.inference_mode():
        found = torch.nn.functional.normalize(tower.read(torch.from_numpy(tokenize(lesson.phrases, config.vocabulary))))
    assert float((found * lesson.features).sum(dim=1).mean()) > 0.8


def test_a_run_repeats_bit_for_bit(lesson_file, tmp_path):
    for name in ("one", "two"):
        train(lesson_file, tmp_path / f"{name}.safetensors", steps=6)
    assert (tmp_path / "one.safetensors").read_bytes() == (tmp_path / "two.safetensors").read_bytes()


def test_the_vocabulary_spells_any_text(lesson_file, tmp_path):
    train(lesson_file, tmp_path / "tower.safetensors", steps=1)
    known = set(load_text(str(tmp_path / "tower.safetensors"))[1].vocabulary)
    everything = tokenize(["walk", "zxqj xylophonist", "café", "A person", "head", "leg"], known)
    assert set(everything.ravel().tolist()) <= known


def test_wrong_files_and_settings_are_named(lesson_file, tmp_path):
    (tmp_path / "text.npz").write_text("no archive")
    for path in (tmp_path / "none.npz", tmp_path / "text.npz"):
        with pytest.raises(InputError, match="--phrases"):
            read_lesson(path)
    with pytest.raises(InputError, match="--heads 3"):
        train(lesson_file, tmp_path / "tower.safetensors", heads=3)


def test_the_command_writes_a_tower_and_overwrites_none(lesson_file, tmp_path, capsys):
    out = tmp_path / "new.safetensors"
    command = ["train", "text", "--phrases", str(lesson_file), "-o", str(out), "--steps", "2", "--batch", "4"]
    assert run_command(command) == 0
    assert "cosine" in capsys.readouterr().err
    assert load_text(str(out))[1].width == 16
    assert run_command(command) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert run_command([*command[:-4], "--steps", "0", "--overwrite"]) == 2
    assert "--steps 0" in capsys.readouterr().err
