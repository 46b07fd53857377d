"""Where the marks of small static pictures stand, in units of their view boxes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BINS = 28


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """From values to places along an axis.

    Attributes:
        low: Value at `start`.
        high: Value at `end`; where it equals `low`, every value stands in the middle.
        start: Place of the lowest value.
        end: Place of the highest value.
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The place of a value, to a hundredth."""
        if self.high == self.low:
            return round((self.start + self.end) / 2, 2)
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 2)

    def ticks(self, about: int = 4) -> list[tuple[float, float, str]]:
        """Round values on the axis: (value, place, text)."""
        span = self.high - self.low
        if span <= 0 or not math.isfinite(span):
            return [(self.low, self(self.low), f"{self.low:g}")]
        step = _round_step(span / max(1, about))
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        digits = max(0, -math.floor(math.log10(step)))
        return [
            (number * step, self(number * step), f"{number * step:.{digits}f}")
            for number in range(first, last + 1)
        ]


@dataclass(frozen=True, kw_only=True, slots=True)
class Histogram:
    """How values are distributed.

    Attributes:
        low: Lowest value.
        high: Highest value.
        counts: Values in each of the equal parts between them.
    """

    low: float
    high: float
    counts: tuple[int, ...]

    @property
    def highest(self) -> int:
        """Values in the fullest part; at least 1, for a scale."""
        return max((*self.counts, 1))

    def along(self, width: float) -> Scale:
        """Where single values stand in a picture of a width."""
        return Scale(low=self.low, high=self.high, start=2, end=width - 2)


def histogram(
    values: Sequence[float], *, low: float | None = None, high: float | None = None
) -> Histogram | None:
    """The distribution of the finite values, or None where there are none."""
    finite = np.asarray(values, dtype=np.float64)
    finite = finite[np.isfinite(finite)]
    if not len(finite):
        return None
    bottom = float(finite.min()) if low is None else low
    top = float(finite.max()) if high is None else high
    if bottom == top:
        return Histogram(low=bottom, high=top, counts=(len(finite),))
    counts = np.histogram(finite, bins=BINS, range=(bottom, top))[0]
    return Histogram(low=bottom, high=top, counts=tuple(int(c) for c in counts))


def extent(values: Sequence[float | None], margin: float = 0.06) -> tuple[float, float]:
    """A range that holds all the known values, with some room; (0, 1) where there are none."""
    finite = [v for v in values if v is not None and math.isfinite(v)]
    if not finite:
        return 0.0, 1.0
    low, high = min(finite), max(finite)
    room = (high - low) * margin or max(abs(high) * margin, margin)
    return low - room, high + room


def points(places: Sequence[tuple[float, float]]) -> str:
    """As SVG's `points` has them."""
    return " ".join(f"{x:g},{y:g}" for x, y in places)


def _round_step(about: float) -> float:
    size = 10.0 ** math.floor(math.log10(about))
    return next(size * part for part in (1, 2, 5, 10) if size * part >= about)
