"""Train the text tower of lifters: it learns what a sentence encoder makes of phrases about actions."""

import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from vid2pose3d.errors import InputError
from vid2pose3d.models.config import FREE_TEXT_GROUPS
from vid2pose3d.reporter import Reporter
from vid2pose3d.text.tokens import END, LETTERS, START, encode, spelled
from vid2pose3d.text.tower import TextConfig, TextTower
from vid2pose3d.train.prompts import PART_TEXTS
from vid2pose3d.train.settings import TextSettings
from vid2pose3d.weights import save_text

CONTEXT = sum(group.length for group in FREE_TEXT_GROUPS)
_COMMON = 4000
"""Of the first tokens of CLIP's vocabulary, the parts of words that are known though no phrase holds them."""
_LONGEST = 24
"""Tokens of a phrase, with its start and end."""
_HELD_OUT = 1000
"""Phrases that only measure."""
_SHARPNESS = 16.0
"""Factor on cosines, in telling actions apart."""
_ARRAYS = ("phrases", "actions", "features")


class Lesson(NamedTuple):
    """Phrases and what a sentence encoder makes of them."""

    phrases: list[str]
    actions: np.ndarray
    """(N,) coarse actions by number; -1 where it is not known."""
    features: Tensor
    """(N, width), of length 1."""


def read_lesson(path: Path) -> Lesson:
    """A file that `benchmarks/teach_text.py` wrote. Raises InputError for any other."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            phrases, actions, features = (stored[name] for name in _ARRAYS)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"--phrases {path}: not phrases with features; make them with benchmarks/teach_text.py"
                         ) from error
    if not len(phrases) == len(actions) == len(features) > 1 or features.ndim != 2:
        raise InputError(f"--phrases {path}: phrases, actions and features differ in number; make the file again")
    names = [name for name in np.unique(actions).tolist() if name]
    numbers = np.array([names.index(name) if name else -1 for name in actions.tolist()])
    return Lesson(phrases.tolist(), numbers, normalize(torch.from_numpy(features.astype(np.float32)), dim=1))


def train_text(lesson: Lesson, out: Path, settings: TextSettings, *, reporter: Reporter) -> float:
    """Train a text tower on one CPU and write it to `out`.

    Returns the mean cosine between its features and the sentence encoder's on phrases that were held out.
    Raises InputError where the width of the features is not a multiple of the heads.
    """
    width = lesson.features.shape[1]
    if width % settings.heads:
        raise InputError(f"--heads {settings.heads}: must divide the width of the features, {width}")
    torch.manual_seed(settings.seed)
    known = vocabulary(lesson.phrases)
    config = TextConfig(width, settings.heads, settings.layers, CONTEXT, tuple(sorted(known)))
    tower = TextTower(width=width, heads=settings.heads, layers=settings.layers, context=CONTEXT,
                      vocabulary=config.vocabulary)
    class_vectors = nn.Parameter(torch.randn(int(lesson.actions.max()) + 1, width))
    ids = [[START, *encode(phrase, known)[:_LONGEST - 2], END] for phrase in lesson.phrases]
    _start_from_words(tower, ids, lesson.features)
    rng = np.random.default_rng(settings.seed)
    order = rng.permutation(len(ids))
    held_out, rest = order[:min(_HELD_OUT, len(ids) // 10)], order[min(_HELD_OUT, len(ids) // 10):]
    learner = _Learner(tower, class_vectors, lesson, ids, known, settings)
    for step in range(settings.steps):
        learner.step(step, rest, rng)
        reporter.progress("train", step + 1, settings.steps)
    save_text(out, tower, config)
    cosine = _cosine(tower, [ids[row] for row in held_out], lesson.features[held_out])
    reporter.close()
    return cosine


def vocabulary(phrases: list[str]) -> frozenset[int]:
    """CLIP token ids of all phrases and a prompt's fixed texts, of single letters and of frequent parts of words."""
    everything = frozenset(range(END + 1))
    used = {token for phrase in [*phrases, *PART_TEXTS] for token in encode(phrase, everything)}
    return frozenset(used | set(range(max(LETTERS, _COMMON))) | {START, END})


class _Learner:
    """The optimiser's steps."""

    def __init__(self, tower: TextTower, class_vectors: nn.Parameter, lesson: Lesson, ids: list[list[int]],
                 known: frozenset[int], settings: TextSettings) -> None:
        self._tower, self._class_vectors, self._lesson = tower, class_vectors, lesson
        self._ids, self._known, self._settings = ids, known, settings
        self._optimizer = torch.optim.AdamW([*tower.parameters(), class_vectors], lr=settings.learning_rate,
                                            weight_decay=0.01)

    def step(self, number: int, rows: np.ndarray, rng: np.random.Generator) -> None:
        for group in self._optimizer.param_groups:
            group["lr"] = self._settings.rate(number)
        chosen = self._draw(rows, rng)
        tokens = _padded([self._respelled(self._ids[row], rng) for row in chosen])
        prefix = self._prefix(tokens, rng) if number % 4 == 0 else None
        loss = self._loss(_read(self._tower, tokens, prefix), chosen)
        loss.backward()
        nn.utils.clip_grad_norm_(self._tower.parameters(), 1.0)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)

    def _loss(self, features: Tensor, rows: np.ndarray) -> Tensor:
        features, target = normalize(features, dim=1), self._lesson.features[rows]
        loss = (1 - (features * target).sum(dim=1)).mean()
        loss = loss + self._settings.relation * (features @ features.T - target @ target.T).square().mean()
        actions = torch.from_numpy(self._lesson.actions[rows])
        if not (actions >= 0).any():
            return loss
        scores = _SHARPNESS * features @ normalize(self._class_vectors, dim=1).T
        return loss + self._settings.action * cross_entropy(scores, actions, ignore_index=-1)

    def _draw(self, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        named = rows[self._lesson.actions[rows] >= 0]
        count = round(self._settings.known_share * self._settings.batch) if len(named) else 0
        return np.concatenate([rng.choice(named, count), rng.choice(rows, self._settings.batch - count)])

    def _respelled(self, ids: list[int], rng: np.random.Generator) -> list[int]:
        if rng.random() >= self._settings.respelled or len(ids) < 3:
            return ids
        place = int(rng.integers(1, len(ids) - 1))
        parts = spelled(ids[place], self._known - {ids[place]})
        return [*ids[:place], *parts, *ids[place + 1:]] if len(ids) + len(parts) <= _LONGEST else ids

    def _prefix(self, tokens: Tensor, rng: np.random.Generator) -> Tensor:
        """What precedes a text inside a lifter's prompt: vectors that training will find, and another text."""
        spread = float(np.exp(rng.uniform(np.log(0.02), np.log(0.2))))
        other = tokens[rng.integers(len(tokens))]
        other = self._tower.embed(other[:int(other.argmax()) + 1])
        room = CONTEXT - tokens.shape[1]
        counts = int(rng.integers(4)), int(rng.integers(8)) if rng.random() < 0.8 else int(rng.integers(room))
        before, after = (spread * torch.randn(count, other.shape[1]) for count in counts)
        return torch.cat([before, other, after])[-room:]


def _read(tower: TextTower, tokens: Tensor, prefix: Tensor | None = None) -> Tensor:
    """Features (N, width) at the end tokens of (N, L) ids, all behind the same embeddings (P, width)."""
    sequence, start = tower.embed(tokens), 0
    if prefix is not None:
        sequence, start = torch.cat([prefix.expand(len(tokens), -1, -1), sequence], dim=1), len(prefix)
    return tower(sequence)[torch.arange(len(tokens)), start + tokens.argmax(dim=1)]


def _padded(ids: list[list[int]]) -> Tensor:
    return nn.utils.rnn.pad_sequence([torch.tensor(row) for row in ids], batch_first=True)


@torch.no_grad()
def _start_from_words(tower: TextTower, ids: list[list[int]], features: Tensor) -> None:
    """Give each word that is a phrase by itself the features of that phrase."""
    rows = [(row[1], number) for number, row in enumerate(ids) if len(row) == 3]
    tokens, numbers = (torch.tensor(column) for column in zip(*rows, strict=True))
    nn.init.normal_(tower.token_embedding.weight, std=0.05)
    tower.token_embedding.weight[tower.token_rows[tokens]] = features[numbers]


@torch.no_grad()
def _cosine(tower: TextTower, ids: list[list[int]], features: Tensor) -> float:
    return float((normalize(_read(tower, _padded(ids)), dim=1) * features).sum(dim=1).mean())
