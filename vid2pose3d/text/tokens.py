"""Action texts as CLIP tokens, and the words that a vocabulary lacks."""

from collections.abc import Collection
from functools import cache

import numpy as np

from vid2pose3d.text.clip_library import open_clip

CONTEXT = 77
START, END = 49406, 49407


@cache
def _tokenizer():  # type: ignore[no-untyped-def]
    return open_clip().SimpleTokenizer(context_length=CONTEXT)


def tokenize(texts: list[str]) -> np.ndarray:
    """CLIP byte-pair tokens (N, 77) int64: lower-cased, start, text, end, zeros; longer texts are cut."""
    return _tokenizer()(texts).numpy()


def words_beyond(text: str, count: int) -> list[str]:
    """Words of `text` of which not all tokens are among its first `count`."""
    words = text.split()
    ends = np.cumsum([len(_tokenizer().encode(word)) for word in words])
    return [word for word, end in zip(words, ends, strict=True) if end > count]


def missing_words(text: str, vocabulary: Collection[int]) -> list[str]:
    """Words of `text` that hold a token which is not in `vocabulary`."""
    known = set(vocabulary)
    words = text.split()
    return [word for word in words if not known.issuperset(_tokenizer().encode(word))]
