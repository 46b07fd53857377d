"""CIDEr, the consensus of a caption with its references (arXiv 1411.5726).

This is the variant that its authors call CIDEr-D, which is what COCO's evaluation reports as CIDEr.
For sequences of n words, n = 1 to 4:

    CIDEr-D_n(c, S) = 10/|S| sum_s exp(-(l(c) - l(s))^2 / (2 * 6^2))
                      * min(g(c), g(s)) . g(s) / (|g(c)| |g(s)|)

where g is the vector of tf-idf weights of a sentence's sequences, l its length in words and the
minimum is taken by component; the result is the mean over n, and over the captions. A sequence's
idf is log(N / images in whose references it stands). As in COCO's evaluation, tf is the count, and
words are not stemmed.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

Words = Sequence[int]
_Gram = tuple[int, ...]
_Vector = Mapping[_Gram, float]

_LONGEST = 4
_SIGMA = 6.0
_SCALE = 10.0


def cider(candidates: Sequence[Words], references: Sequence[Sequence[Words]]) -> float:
    """The mean CIDEr-D of some captions, in 0..10; of a single image it is 0, as its idf is.

    Args:
        candidates: One caption an image.
        references: The references of each image, one or more.
    """
    if not candidates:
        return 0.0
    total = 0.0
    for length in range(1, _LONGEST + 1):
        idf = _InverseFrequencies(references, length)
        for candidate, some in zip(candidates, references, strict=True):
            vector = idf.weights(candidate)
            alike = sum(
                _penalty(candidate, reference) * _similarity(vector, idf.weights(reference))
                for reference in some
            )
            total += alike / len(some)
    return _SCALE * total / (_LONGEST * len(candidates))


class _InverseFrequencies:
    """Which sequences of some length are rare among the references of some images."""

    def __init__(self, references: Sequence[Sequence[Words]], length: int) -> None:
        self.length = length
        self.images = len(references)
        self.found: Counter[_Gram] = Counter()
        for some in references:
            self.found.update({gram for reference in some for gram in self._grams(reference)})

    def weights(self, words: Words) -> _Vector:
        """A sequence that no reference has is as rare as one that a single image has."""
        return {
            gram: count * math.log(self.images / self.found.get(gram, 1))
            for gram, count in self._grams(words).items()
        }

    def _grams(self, words: Words) -> Counter[_Gram]:
        return Counter(zip(*(words[start:] for start in range(self.length)), strict=False))


def _penalty(candidate: Words, reference: Words) -> float:
    return math.exp(-((len(candidate) - len(reference)) ** 2) / (2 * _SIGMA**2))


def _similarity(candidate: _Vector, reference: _Vector) -> float:
    norms = math.hypot(*candidate.values()) * math.hypot(*reference.values())
    if not norms:
        return 0.0
    common = sum(
        min(candidate.get(gram, 0.0), weight) * weight for gram, weight in reference.items()
    )
    return common / norms
