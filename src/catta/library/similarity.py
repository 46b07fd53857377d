"""How alike networks are, by their MinHash signatures."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from catta.errors import UsageError
from catta.novelty import signature_from_bytes

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


class Likeness:
    """Similarities between networks.

    Args:
        signatures: By identity, as the corpus holds them; None where a source does not parse.
    """

    def __init__(self, signatures: Mapping[str, bytes | None]) -> None:
        self.ids = list(signatures)
        self._place = {identity: place for place, identity in enumerate(self.ids)}
        self._known = np.array([s is not None for s in signatures.values()], dtype=bool)
        known = [signature_from_bytes(s) for s in signatures.values() if s is not None]
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


def bands(similarity: NDArray[np.float64]) -> dict[str, int]:
    """How many similarities lie in each band; bands with none are left out."""
    counts = {name: int(np.count_nonzero(within(similarity, BANDS[name]))) for name in BANDS}
    return {name: count for name, count in counts.items() if count}
