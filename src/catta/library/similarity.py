"""How alike networks are: by the MinHash signatures in the corpus, or by ones computed here."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from catta.errors import UsageError
from catta.novelty import InvalidSource, signature, signature_from_bytes, signature_to_bytes

BANDS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "very_high": (0.98, 1.0),
        "high": (0.95, 0.98),
        "medium": (0.85, 0.95),
        "low": (0.60, 0.85),
        "very_low_near": (0.30, 0.60),
        "very_low_far": (0.0, 0.30),
    }
)
"""LEMUR's bands of Jaccard similarity: from the first number up to, not including, the second."""

_computed: dict[str, bytes | None] = {}
"""Signatures by identity, 1 kB each; None where the source does not parse.

They are not written into the corpus: what is fingerprinted there is known to its runs, and asking
a question must not change which networks count as new.
"""


class Likeness:
    """Similarities between networks.

    Args:
        sources: Texts by identity.
        stored: Signatures that are known, by identity, as the corpus holds them.
        workers: Processes that compute the others; default: one a processor.
    """

    def __init__(
        self,
        sources: Mapping[str, str],
        stored: Mapping[str, bytes],
        *,
        workers: int | None = None,
    ) -> None:
        self.ids = list(sources)
        unknown = [i for i in self.ids if i not in stored and i not in _computed]
        _computed.update(
            zip(unknown, _compute([sources[i] for i in unknown], workers), strict=True)
        )
        signatures = [stored[i] if i in stored else _computed[i] for i in self.ids]
        self._place = {identity: place for place, identity in enumerate(self.ids)}
        self._known = np.array([s is not None for s in signatures], dtype=bool)
        known = [signature_from_bytes(s) for s in signatures if s is not None]
        self._rows = np.array(known, dtype=np.uint32)

    def to(self, identity: str) -> NDArray[np.float64]:
        """Jaccard similarity of every network to one of them, 0..1.

        Returns:
            In the order of `ids`; NaN, which lies in no band, where a source does not parse.
        """
        found = np.full(len(self.ids), np.nan)
        place = self._place[identity]
        if self._known[place]:
            one = self._rows[np.count_nonzero(self._known[:place])]
            found[self._known] = (self._rows == one).mean(axis=1)
        return found


def limits(
    band: str | None, min_jaccard: float | None, max_jaccard: float | None
) -> tuple[float, float]:
    """The least similarity, and the one that is too much.

    Raises:
        UsageError: There is no such band, a band is given with a limit, or a limit is wrong.
    """
    if band is not None:
        if band not in BANDS:
            raise UsageError(f"band: {band!r} is not one of {', '.join(BANDS)}")
        if min_jaccard is not None or max_jaccard is not None:
            raise UsageError("band: give either a band or min_jaccard and max_jaccard")
        return BANDS[band]
    least = 0.0 if min_jaccard is None else float(min_jaccard)
    most = 1.0 if max_jaccard is None else float(max_jaccard)
    if not 0 <= least <= most <= 1:
        raise UsageError(f"min_jaccard, max_jaccard: not 0 <= {least} <= {most} <= 1")
    return least, most


def within(similarity: NDArray[np.float64], bounds: tuple[float, float]) -> NDArray[np.bool_]:
    """Which similarities lie within limits; the upper one is too much, unless it is 1."""
    least, most = bounds
    return (similarity >= least) & ((similarity < most) | (most >= 1))


def _compute(sources: Sequence[str], workers: int | None) -> list[bytes | None]:
    if not sources:
        return []
    from catta.processes import map_batches  # joblib takes as long as the rest of a question

    batches = map_batches(_signature, sources, workers=workers or os.cpu_count() or 1)
    return [found for batch in batches for found in batch]


def _signature(source: str) -> bytes | None:
    try:
        return signature_to_bytes(signature(source))
    except InvalidSource:
        return None
