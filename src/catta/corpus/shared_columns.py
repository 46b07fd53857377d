"""Columns whose equal values are one object, and how they are read from the driver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection

Integers = NDArray[np.int64]

UNMEASURED = -1
"""In a column of durations: there is none."""

FEW = 1_000
"""Up to so many rows of a table are fetched by their keys: each key costs more than its row."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shared:
    """A column of few distinct values: row `i` has `values[codes[i]]`."""

    values: list[Any]
    codes: Integers


Column = Shared | NDArray[Any]
Columns = dict[str, Column]


def length(columns: Columns) -> int:
    """Rows of a table that has an `id`."""
    return len(cast("Integers", columns["id"]))


def joined(first: Columns, second: Columns) -> Columns:
    """One table under the other."""
    found: Columns = {}
    for name, upper in first.items():
        lower = second[name]
        if isinstance(upper, Shared) and isinstance(lower, Shared):
            codes = np.concatenate([upper.codes, lower.codes + len(upper.values)])
            found[name] = Shared(values=upper.values + lower.values, codes=codes)
        else:
            found[name] = np.concatenate([np.asarray(upper), np.asarray(lower)])
    return found


def taken(columns: Columns, rows: Integers) -> Columns:
    """Some of the rows, by their numbers."""
    return {
        name: Shared(values=column.values, codes=column.codes[rows])
        if isinstance(column, Shared)
        else column[rows]
        for name, column in columns.items()
    }


def fetched(connection: Connection, query: Any) -> list[tuple[Any, ...]]:
    """All rows as the driver has them: a `Row` each would take as long again."""
    result = connection.execute(query)
    rows = cast("Any", result.cursor).fetchall()
    result.close()
    return rows


def numbers(connection: Connection, query: Any, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Rows of numbers as a structured array; no row has to be kept beside it."""
    result = connection.execute(query)
    rows = np.fromiter(cast("Any", result.cursor), dtype=dtype)
    result.close()
    return rows


def by_key(
    connection: Connection,
    query: Any,
    keys: Sequence[Any],
    among: ColumnElement[bool] | None = None,
) -> list[tuple[Any, ...]]:
    """The rows of a query by their keys, in the order of the keys.

    Args:
        connection: Where they are.
        query: What is fetched; its first column is the key.
        keys: The keys.
        among: Holds for these keys and perhaps others, for when they are many; None: for all.
    """
    if not keys:
        return []
    key = query.selected_columns[0]
    if len(keys) <= FEW:
        query = query.where(key.in_(keys))
    elif among is not None:
        query = query.where(among)
    found = {row[0]: row for row in fetched(connection, query)}
    return [found[k] for k in keys]
