"""Which phrases say the same in nearly the same words."""

import re

_FILLERS = frozenset({"a", "an", "the", "and", "of", "to", "on", "in", "with", "at", "for", "from", "by", "his", "her",
                      "is", "are", "someone", "person", "man", "woman", "somebody", "something", "up", "down", "out",
                      "over", "he", "she", "they", "people"})
_ENDINGS = ("ing", "es", "ed", "s")


def stems(text: str) -> frozenset[str]:
    """The words of a phrase that carry its meaning, without their endings."""
    return frozenset(_stem(word) for word in re.findall(r"[a-z'-]+", text.lower()) if word not in _FILLERS)


def near_copy(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two phrases, as `stems`, share more than three of five words."""
    return len(one & other) > 0.6 * len(one | other)


def _stem(word: str) -> str:
    word = word.removesuffix("'s")
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) >= len(ending) + 3:
            word = word.removesuffix(ending)
            break
    return re.sub(r"(.)\1$", r"\1", word).rstrip("e")
