"""What a sample's prompt says in training."""

from collections.abc import Iterable

import numpy as np

from vid2pose3d.data.augment import mirror_label
from vid2pose3d.models.config import FREE_TEXT_GROUPS, PromptConfig
from vid2pose3d.text.tokens import tokenize
from vid2pose3d.train.phrases import phrases
from vid2pose3d.train.settings import TrainSettings

PART_TEXTS = [group.text for group in FREE_TEXT_GROUPS if group.text]


class PromptDraw:
    """Draws the prompts of a batch: labels and actions in many words, nothing, and now and then something wrong."""

    def __init__(self, actions: Iterable[str], prompt: PromptConfig | None, settings: TrainSettings) -> None:
        self._settings = settings
        self._known = None if prompt is None or prompt.known is None else frozenset(prompt.known)
        self._actions = sorted(set(actions))
        self._tokens: dict[str, np.ndarray] = {}

    def __call__(self, labels: list[str], actions: list[str], rng: np.random.Generator) -> np.ndarray:
        """Tokens (B, 77) of the prompts of samples with these labels and coarse actions."""
        return np.stack([self._tokenized(text) for text in self.texts(labels, actions, rng)])

    def texts(self, labels: list[str], actions: list[str], rng: np.random.Generator) -> list[str]:
        """The prompts of samples, as text."""
        return [self._text(label, action, rng) for label, action in zip(labels, actions, strict=True)]

    def _text(self, label: str, action: str, rng: np.random.Generator) -> str:
        settings, share = self._settings, rng.random()
        if share < settings.no_prompt:
            return ""
        others = [other for other in self._actions if other != action]
        if share < settings.no_prompt + settings.wrong_prompt and others:
            return _one_of(said_of_action(others[rng.integers(len(others))]), rng)
        if rng.random() < settings.coarse_prompt:
            return _one_of(said_of_action(action), rng)
        if rng.random() < settings.loose_prompt:
            return _one_of(phrases().examples.get(action) or [label], rng)
        return _one_of(said_of_label(label) or [label], rng) if rng.random() < settings.reworded else label

    def _tokenized(self, text: str) -> np.ndarray:
        if text not in self._tokens:
            self._tokens[text] = tokenize([text], self._known)[0]
        return self._tokens[text]


def said_of_action(action: str) -> list[str]:
    """A coarse action and other words for it that are true of every clip of the action."""
    return [action, *phrases().general.get(action, [])]


def said_of_label(label: str) -> list[str]:
    """Other words for a label, or for the label of the mirrored motion, mirrored."""
    written = phrases().labels
    return written.get(label) or [mirror_label(phrase) for phrase in written.get(mirror_label(label), [])]


def _one_of(texts: list[str], rng: np.random.Generator) -> str:
    return texts[rng.integers(len(texts))]
