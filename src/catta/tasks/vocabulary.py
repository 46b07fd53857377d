"""Words as tokens: the vocabulary of captions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from catta.tasks.sources import END, PADDING, START, UNKNOWN

SPECIAL = ("<padding>", "<start>", "<end>", "<unknown>")
"""Names of the tokens `PADDING`, `START`, `END` and `UNKNOWN`."""

_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")


def words_of(text: str) -> list[str]:
    """The words of a sentence in lower case, without punctuation."""
    return _WORD.findall(text.lower())


@dataclass(frozen=True)
class Vocabulary:
    """A list of words, whose places in it are their tokens.

    Attributes:
        words: All of them; the first four are `SPECIAL`.
    """

    words: tuple[str, ...]

    @classmethod
    def of(cls, words: Iterable[str]) -> Self:
        """The vocabulary of these words, in this order."""
        return cls((*SPECIAL, *words))

    @classmethod
    def most_frequent(cls, texts: Iterable[str], *, least: int, most: int) -> Self:
        """The words that these texts have at least `least` times, at most `most` of them.

        The most frequent ones come first, and those that are equally frequent by the alphabet.
        """
        counts = Counter(word for text in texts for word in words_of(text))
        kept = sorted((-count, word) for word, count in counts.items() if count >= least)
        return cls.of(word for _, word in kept[:most])

    def encode(self, text: str, length: int) -> NDArray[np.int64]:
        """(length,) tokens: start, words, end, padding; what is too long loses its last words."""
        tokens = [self._tokens.get(word, UNKNOWN) for word in words_of(text)][: length - 2]
        tokens = [START, *tokens, END]
        return np.array(tokens + [PADDING] * (length - len(tokens)), np.int64)

    def decode(self, tokens: Sequence[int] | NDArray[np.int64]) -> str:
        """The sentence of some tokens: what stands before the end, without start and padding."""
        words: list[str] = []
        for token in map(int, tokens):
            if token == END:
                break
            if token not in (START, PADDING):
                words.append(self.words[token])
        return " ".join(words)

    @cached_property
    def _tokens(self) -> dict[str, int]:
        return {word: token for token, word in enumerate(self.words) if token >= len(SPECIAL)}
