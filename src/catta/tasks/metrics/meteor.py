"""METEOR, as NLTK computes it: words, their stems and their synonyms in WordNet."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any


def meteor(
    candidates: Sequence[Sequence[int]],
    references: Sequence[Sequence[Sequence[int]]],
    words: Sequence[str],
) -> float:
    """The mean over the captions of the score with the best reference, in 0..1.

    Args:
        candidates: One caption an image, as numbers of words.
        references: The references of each image.
        words: The vocabulary; a number beyond it is a word of its own.
    """
    scorer: Any = import_module("nltk.translate.meteor_score")

    def spelt(sentence: Sequence[int]) -> list[str]:
        return [words[token] if token < len(words) else f"<{token}>" for token in sentence]

    scores = [
        float(scorer.meteor_score([spelt(reference) for reference in some], spelt(candidate)))
        for candidate, some in zip(candidates, references, strict=True)
    ]
    return sum(scores) / max(1, len(scores))
