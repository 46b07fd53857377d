"""A text as a `Source`: characters are tokens, samples are windows that do not overlap.

A text is a series of pieces (files, paragraphs), of which the last tenth is the test part, or two
series where its publisher divided it. The vocabulary is that of the training part: its most
frequent characters, upper and lower case apart; every other character is token `UNKNOWN_CHARACTER`.

A sample of S tokens takes S + 1 characters: the window and, moved on by one, what follows each of
its tokens. The next sample begins after them, so that no character is in two samples, whichever
samples are drawn for training and for validation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from catta.errors import UsageError
from catta.tasks.images import Normalisation
from catta.tasks.sources import Part, Samples, Source

LARGEST_VOCABULARY = 128
"""Tokens, the unknown character among them."""

UNKNOWN_CHARACTER = 0
"""The token of a character that is not in the vocabulary."""

_UNKNOWN_WORD = "\N{REPLACEMENT CHARACTER}"
_DEFAULT_LENGTH = 128
_TEST_SHARE = 0.1
_SEPARATOR = "\n"
_MANY_PIECES = 10


@runtime_checkable
class UncutText(Source, Protocol):
    """A source that has as many samples as its text gives of a length."""

    def cut(self, length: int) -> Source:
        """The same text in samples of `length` tokens."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CharacterSource:
    """A text, encoded.

    Attributes:
        name: Name of the dataset.
        words: The vocabulary, by token.
        train: Tokens of the training part, one a character.
        test: Tokens of the test part.
        note: One line for the user, if this is not quite what was asked for.
        length: Tokens of one sample.
    """

    name: str
    words: tuple[str, ...]
    train: NDArray[np.uint8]
    test: NDArray[np.uint8]
    note: str | None = None
    length: int = _DEFAULT_LENGTH

    @property
    def outputs(self) -> int:
        """Size of the vocabulary."""
        return len(self.words)

    def cut(self, length: int) -> CharacterSource:
        """The same text in samples of `length` tokens.

        Raises:
            UsageError: It is too short for one sample of the test part and two of the training
                part, of which one is for validation.
        """
        source = replace(self, length=length)
        if source.count("train") < 2 or source.count("test") < 1:
            raise UsageError(
                f"the text {self.name} is too short for samples of {length} tokens: it has "
                f"{len(self.train)} characters for training and {len(self.test)} for tests"
            )
        return source

    def count(self, part: Part) -> int:
        """See `Source`; how many there are depends on `length`."""
        return len(self._of(part)) // (self.length + 1)

    def strata(self) -> NDArray[np.int64]:
        """See `Source`."""
        return np.zeros(self.count("train"), np.int64)

    def digest(self) -> str:
        """See `Source`."""
        digest = hashlib.sha256("".join(self.words).encode())
        for tokens in (self.train, self.test):
            digest.update(len(tokens).to_bytes(8))
            digest.update(tokens.data)
        return digest.hexdigest()

    def read(self, part: Part, indices: NDArray[np.int64], size: int) -> Samples:
        """See `Source`.

        Raises:
            UsageError: `size` is not the length that the text was cut for.
        """
        if size != self.length:
            raise UsageError(f"{self.name} was cut into {self.length} tokens a sample, not {size}")
        count, stride = self.count(part), size + 1
        windows = self._of(part)[: count * stride].reshape(count, stride)[indices].astype(np.int64)
        return {"x": windows[:, :-1], "y": windows[:, 1:]}

    def measure(self, indices: NDArray[np.int64], size: int) -> Normalisation:
        """Tokens are not normalised."""
        return Normalisation(mean=(0.0,), std=(1.0,))

    def _of(self, part: Part) -> NDArray[np.uint8]:
        return self.train if part == "train" else self.test


def text_source(name: str, pieces: Iterable[str], *, note: str | None = None) -> CharacterSource:
    """A text whose last tenth becomes the test part.

    The border is where nine tenths of the characters end; where there are ten pieces or more, at
    the end of a piece that is nearest to it.

    Args:
        name: Name of the dataset.
        pieces: The text in order; a line break is put between two pieces.
        note: As in `Source`.

    Raises:
        UsageError: There is no text, or too little of it to be divided.
    """
    filled = [piece for piece in pieces if piece.strip()]
    if not filled:
        raise UsageError(f"the text {name} is empty")
    if len(filled) < _MANY_PIECES:
        text = _SEPARATOR.join(filled)
        border = round(len(text) * (1 - _TEST_SHARE))
        return divided_text_source(name, [text[:border]], [text[border:]], note=note)
    ends = list(accumulate(len(piece) + len(_SEPARATOR) for piece in filled))
    border = round(ends[-1] * (1 - _TEST_SHARE))
    number = min(range(1, len(ends)), key=lambda n: abs(ends[n - 1] - border))
    return divided_text_source(name, filled[:number], filled[number:], note=note)


def divided_text_source(
    name: str, train: Sequence[str], test: Sequence[str], *, note: str | None = None
) -> CharacterSource:
    """A text whose publisher divided it into a training and a test part; see `text_source`.

    Raises:
        UsageError: One of the parts is empty.
    """
    for part, pieces in (("training", train), ("test", test)):
        if not any(piece.strip() for piece in pieces):
            raise UsageError(f"the {part} part of the text {name} is empty")
    words = _vocabulary(train)
    tokens = np.full(0x110000, UNKNOWN_CHARACTER, np.uint8)
    tokens[[ord(word) for word in words[1:]]] = np.arange(1, len(words))
    return CharacterSource(
        name=name,
        words=words,
        train=_encoded(train, tokens),
        test=_encoded(test, tokens),
        note=note,
    )


def _vocabulary(pieces: Sequence[str]) -> tuple[str, ...]:
    """The most frequent characters, the most frequent one first; of equal ones by code point."""
    counts = np.zeros(0x110000, np.int64)
    for piece in pieces:
        here = np.bincount(_code_points(piece))
        counts[: len(here)] += here
    counts[ord(_SEPARATOR)] += len(pieces) - 1
    counts[ord(_UNKNOWN_WORD)] = 0
    found = np.flatnonzero(counts)
    order = found[np.argsort(-counts[found], kind="stable")[: LARGEST_VOCABULARY - 1]]
    return (_UNKNOWN_WORD, *map(chr, order))


def _encoded(pieces: Sequence[str], tokens: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Piece by piece: the code points of a long text take four times the memory of its tokens."""
    parts = [tokens[_code_points(piece)] for piece in pieces]
    separator = tokens[_code_points(_SEPARATOR)]
    return np.concatenate([array for part in parts for array in (separator, part)][1:])


def _code_points(piece: str) -> NDArray[np.uint32]:
    return np.frombuffer(piece.encode("utf-32-le", "surrogatepass"), np.uint32)
