"""Of rows that have something in common, the best ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catta.corpus.shared_columns import Column, Integers, Shared

_LARGEST = 2**62


def best_rows(keys: Sequence[Integers], accuracy: NDArray[Any]) -> Integers:
    """Of the rows that agree in all keys, the one of the highest accuracy, the first of several.

    Args:
        keys: Numbers from 0, one array a key.
        accuracy: What decides.

    Returns:
        Numbers of rows, ascending.
    """
    group = np.zeros(len(accuracy), dtype=np.int64)
    for key in keys:
        if group.max(initial=0) > _LARGEST // (int(key.max(initial=0)) + 1) - 1:
            group = np.unique(group, return_inverse=True)[1]
        group = group * (key.max(initial=0) + 1) + key
    order = np.lexsort((-accuracy, group))
    first = np.ones(len(order), dtype=bool)
    first[1:] = group[order][1:] != group[order][:-1]
    return np.sort(order[first])


def numbered(column: Column) -> Integers:
    """A number from 0 for each value of a column."""
    if not isinstance(column, Shared):
        return np.unique(column, return_inverse=True)[1]
    places: dict[Any, int] = {}
    found = [places.setdefault(value, len(places)) for value in column.values]
    return np.array(found, dtype=np.int64)[column.codes]
