"""Prompts for training: which words have an embedding, and what a sample's prompt says."""

from collections.abc import Sequence

import numpy as np

from vid2pose3d.data.augment import mirror_label
from vid2pose3d.data.mocap import MocapClip
from vid2pose3d.models.config import FREE_TEXT_GROUPS, PromptConfig
from vid2pose3d.text.tokens import END, START, tokenize
from vid2pose3d.train.settings import TrainSettings

PART_TEXTS = [group.text for group in FREE_TEXT_GROUPS if group.text]
_PADDING = 0


def vocabulary(clips: Sequence[MocapClip]) -> tuple[int, ...]:
    """CLIP token ids of everything that a prompt of these clips can say, mirrored labels included."""
    labels = {clip.label for clip in clips}
    texts = labels | {mirror_label(label) for label in labels} | {clip.action for clip in clips} | set(PART_TEXTS)
    return tuple(np.unique(tokenize(sorted(texts))).tolist())


class PromptDraw:
    """Draws the prompt tokens of a batch."""

    def __init__(self, prompt: PromptConfig | None, settings: TrainSettings) -> None:
        self._settings = settings
        known = set() if prompt is None or isinstance(prompt.vocabulary, int) else set(prompt.vocabulary)
        self._unknown = next(token for token in range(START) if token not in known)
        self._tokens: dict[str, np.ndarray] = {}

    def __call__(self, labels: list[str], actions: list[str], rng: np.random.Generator) -> np.ndarray:
        """Tokens (B, 77) of free labels, coarse classes or nothing, some of them unknown."""
        settings = self._settings
        coarse = rng.random(len(labels)) < settings.coarse_prompt
        silent = rng.random(len(labels)) < settings.no_prompt
        texts = ["" if mute else action if short else label
                 for label, action, short, mute in zip(labels, actions, coarse, silent, strict=True)]
        tokens = np.stack([self._tokenized(text) for text in texts])
        words = ~np.isin(tokens, (START, END, _PADDING))
        return np.where(words & (rng.random(tokens.shape) < settings.word_dropout), self._unknown, tokens)

    def _tokenized(self, text: str) -> np.ndarray:
        if text not in self._tokens:
            self._tokens[text] = tokenize([text])[0]
        return self._tokens[text]
