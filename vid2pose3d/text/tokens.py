"""Action texts as CLIP tokens, spelled from those that a vocabulary has."""

from collections.abc import Collection
from functools import cache

import numpy as np

from vid2pose3d.text.clip_library import open_clip

CONTEXT = 77
START, END = 49406, 49407
LETTERS = 512
"""The first tokens are the single bytes, inside and at the end of a word: every text can be spelled from them."""


@cache
def _tokenizer():  # type: ignore[no-untyped-def]
    return open_clip().SimpleTokenizer(context_length=CONTEXT)


@cache
def _halves() -> dict[int, tuple[int, int]]:
    """The two tokens that byte-pair encoding merges into each token."""
    tokenizer = _tokenizer()
    ids = tokenizer.encoder
    return {ids[left + right]: (ids[left], ids[right]) for left, right in tokenizer.bpe_ranks}


def tokenize(texts: list[str], vocabulary: Collection[int] | None = None) -> np.ndarray:
    """CLIP byte-pair tokens (N, 77) int64: lower-cased, start, text, end, zeros; longer texts are cut.

    vocabulary: the ids that are known; a word without one is spelled from known parts, where there are such.
    """
    if vocabulary is None:
        return _tokenizer()(texts).numpy()
    known = frozenset(vocabulary)
    tokens = np.zeros((len(texts), CONTEXT), dtype=np.int64)
    for row, text in zip(tokens, texts, strict=True):
        ids = [START, *encode(text, known)[:CONTEXT - 2], END]
        row[:len(ids)] = ids
    return tokens


def encode(text: str, known: frozenset[int]) -> list[int]:
    """Ids of a text without start and end, spelled from `known`."""
    return [part for token in _tokenizer().encode(text) for part in spelled(token, known)]


def spelled(token: int, known: frozenset[int]) -> list[int]:
    """The known ids that make up a token; the token itself where that is impossible."""
    if token in known or token not in _halves():
        return [token]
    left, right = _halves()[token]
    parts = spelled(left, known) + spelled(right, known)
    return parts if known.issuperset(parts) else [token]


def words_beyond(text: str, count: int, vocabulary: Collection[int] | None = None) -> list[str]:
    """Words of `text` of which not all tokens are among its first `count`."""
    known = None if vocabulary is None else frozenset(vocabulary)
    words = text.split()
    sizes = [len(_tokenizer().encode(word) if known is None else encode(word, known)) for word in words]
    return [word for word, end in zip(words, np.cumsum(sizes), strict=True) if end > count]


def missing_words(text: str, vocabulary: Collection[int]) -> list[str]:
    """Words of `text` that hold a token which is not in `vocabulary`, spelled or not."""
    known = set(vocabulary)
    words = text.split()
    return [word for word in words if not known.issuperset(_tokenizer().encode(word))]
