"""How often the coarse action nearest to a text is the right one, by the text tower's features alone.

    python benchmarks/prompts.py --data MOCAP [--text NAME|FILE] [--teacher PHRASES.npz]

Texts: the labels of MOCAP's validation and test splits, each once and once for each clip, and the paraphrases of
`unseen_prompts.json`, which no training saw. An action is as near as the mean of its NEAREST nearest phrases, of those
that ship with the package and the labels of the training split. `--teacher` measures the sentence encoder by the same
rule, reduced by the axes in PHRASES. NEAREST was chosen by leaving out each of those phrases in turn, read by the
encoder, and by the validation labels.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from teach_text import teacher, unseen

from vid2pose3d.data.mocap import load_mocap, select
from vid2pose3d.text.tokens import tokenize
from vid2pose3d.train.phrases import phrases
from vid2pose3d.weights import DEFAULT_TEXT, load_text

NEAREST = 3
BAR = 85.0
"""Per cent."""
BARRED = ("test labels", "unseen paraphrases")
Texts = list[tuple[str, str]]
"""Texts with the actions that they name."""
Reader = Callable[[list[str]], np.ndarray]
"""Texts -> features (N, width) of length 1."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--text", default=DEFAULT_TEXT)
    parser.add_argument("--teacher", type=Path)
    options = parser.parse_args()

    known, asked = texts_of(options.data)
    readers = {f"text tower {options.text}": tower(options.text)}
    if options.teacher:
        readers["sentence encoder"] = reduced_teacher(options.teacher)
    failed = False
    for name, read in readers.items():
        print(f"\n{name}, nearest of {len(known)} phrases of {len({action for _, action in known})} actions")
        for what, texts in asked.items():
            found = nearest_actions(read, known, [text for text, _ in texts])
            share = print_table(what, texts, found)
            failed |= name.startswith("text tower") and what in BARRED and share < BAR
    return int(failed)


def texts_of(data: Path) -> tuple[Texts, dict[str, Texts]]:
    """The phrases that stand for the actions, and the texts that are asked for."""
    clips = load_mocap(data)
    known = phrases().by_action({clip.label: clip.action for clip in select(clips, split="train")})
    asked: dict[str, Texts] = {}
    for split, name in (("val", "validation"), ("test", "test")):
        of_clips = sorted((clip.label, clip.action) for clip in select(clips, split=split))
        asked |= {f"{name} labels": list(dict.fromkeys(of_clips)), f"{name} clips": of_clips}
    asked["unseen paraphrases"] = [(text, action) for action, texts in unseen().items() for text in texts]
    return known, asked


def tower(name: str) -> Reader:
    """A text tower by name or path."""
    network, config = load_text(name)

    @torch.inference_mode()
    def read(texts: list[str]) -> np.ndarray:
        features = network.read(torch.from_numpy(tokenize(texts, config.vocabulary)))
        return torch.nn.functional.normalize(features, dim=1).numpy()

    return read


def reduced_teacher(path: Path) -> Reader:
    """The sentence encoder as the tower learns it."""
    with np.load(path, allow_pickle=False) as stored:
        axes = stored["axes"]
    encode = teacher()

    def read(texts: list[str]) -> np.ndarray:
        features = encode(texts) @ axes.T
        return features / np.linalg.norm(features, axis=1, keepdims=True)

    return read


def nearest_actions(read: Reader, known: Texts, texts: list[str]) -> list[str]:
    """The action of each text."""
    cosine = read(texts) @ read([phrase for phrase, _ in known]).T
    of = np.array([action for _, action in known])
    actions = np.unique(of)
    score = [np.sort(cosine[:, of == action], axis=1)[:, -NEAREST:].mean(axis=1) for action in actions]
    return actions[np.argmax(score, axis=0)].tolist()


def print_table(what: str, texts: Texts, found: list[str]) -> float:
    """Print what was right by action and what was wrong; returns the share of right ones, per cent."""
    right = [action == nearest for (_, action), nearest in zip(texts, found, strict=True)]
    share = 100 * float(np.mean(right))
    print(f"\n{what}: {sum(right)} of {len(right)}, {share:.1f} %")
    for action in sorted({action for _, action in texts}):
        own = [ok for (_, of), ok in zip(texts, right, strict=True) if of == action]
        print(f"  {action:<18} {sum(own):>2} of {len(own):>2}")
    for (text, action), nearest in dict(zip(texts, found, strict=True)).items():
        if action != nearest:
            print(f"  not {action}: {text!r} -> {nearest}")
    return share


if __name__ == "__main__":
    raise SystemExit(main())
