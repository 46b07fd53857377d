"""Rows that belong together: which ones may stand beside a given row."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

LOOKS = 64
"""Rows that are looked at on the way to one group that is drawn.

Without a limit a row whose neighbours are nearly all of its own network would take as long as the
whole table, and there are as many such rows as the table has.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What the groups are to be.

    Attributes:
        others: Rows that stand beside the first.
        improve: Whether these have to be better than it.
        seed: Of everything that is drawn.
    """

    others: int
    improve: bool
    seed: int


Group = tuple[int, list[int]]
"""The row that a group begins with, and the others."""


class Pool:
    """Rows sorted so that those that may stand together are neighbours, the better ones later.

    Args:
        rows: The rows that may be taken, by number.
        same: A number for each row of the table; only rows of equal numbers stand together.
        differ: Numbers for each row; no two rows of a group have one of these in common.
        accuracy: Of each row of the table.
    """

    def __init__(
        self,
        rows: Integers,
        same: Integers,
        differ: Sequence[list[int]],
        accuracy: NDArray[np.float64],
    ) -> None:
        order = rows[np.lexsort((rows, accuracy[rows], same[rows]))]
        keys, begin = np.unique(same[order], return_index=True)
        bounds = [*begin.tolist(), len(order)]
        self._blocks = {
            key: (bounds[place], bounds[place + 1]) for place, key in enumerate(keys.tolist())
        }
        self._order: list[int] = order.tolist()
        self._sorted: list[float] = accuracy[order].tolist()
        self._same = same
        self._accuracy = accuracy
        self._differ = differ

    def drawn(self, start: int, others: int, *, improve: bool, draw: float) -> list[int] | None:
        """One group of a row and some others; None if none is found.

        Args:
            start: The row.
            others: How many rows are to stand beside it.
            improve: Whether these have to be better.
            draw: 0..1 (exclusive); where to begin to look.
        """
        low, high = self._span(start, improve)
        size = high - low
        first = int(draw * size)
        positions = (low + (first + step) % size for step in range(min(size, LOOKS * others)))
        return next(self._groups(start, positions, others), None)

    def best(self, start: int, others: int, *, improve: bool) -> Iterator[list[int]]:
        """All groups of a row and others, no row twice beside it, the best ones first."""
        low, high = self._span(start, improve)
        return self._groups(start, range(high - 1, low - 1, -1), others)

    def _span(self, start: int, improve: bool) -> tuple[int, int]:
        low, high = self._blocks.get(int(self._same[start]), (0, 0))
        if improve:
            low = bisect_right(self._sorted, float(self._accuracy[start]), low, high)
        return low, high

    def _groups(self, start: int, positions: Iterable[int], others: int) -> Iterator[list[int]]:
        members: list[int] = []
        for position in positions:
            row = self._order[position]
            if row != start and self._differs(row, (start, *members)):
                members.append(row)
                if len(members) == others:
                    yield members
                    members = []

    def _differs(self, row: int, from_rows: Sequence[int]) -> bool:
        return all(column[row] != column[other] for column in self._differ for other in from_rows)
