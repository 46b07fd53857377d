"""Groups of measurements, and tables of one row a group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from catta.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

PROBLEM = ("task", "dataset", "metric")
"""What a network is measured for: values of two problems are not compared."""

GROUPS = (
    *("task", "dataset", "metric", "family", "nn", "nn_id", "epoch", "transform", "source"),
    *("prm_id", "training"),
)
"""Columns of `load` by which measurements are grouped."""


def checked(by: str | Sequence[str]) -> list[str]:
    """Names of columns, each once.

    Raises:
        UsageError: There is none, or one that measurements are not grouped by.
    """
    names = [by] if isinstance(by, str) else list(dict.fromkeys(by))
    for name in names:
        if name not in GROUPS:
            raise UsageError(f"by: {name!r} is not one of {', '.join(GROUPS)}")
    if not names:
        raise UsageError("by: name at least one column")
    return names


def grouped(rows: pd.DataFrame, names: Sequence[str]) -> Any:
    """The groups that occur, in the order of their names; a missing name is a group, too."""
    return rows.groupby(list(names), observed=True, sort=True, dropna=False)


def keyed(table: Any, names: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """A table by groups as plain columns: those of the groups first, texts as objects."""
    return plain(table.reset_index(), [*names, *columns])


def plain(table: Any, columns: Sequence[str]) -> pd.DataFrame:
    """Some columns of a table, rows numbered anew, texts as objects, None where there is none."""
    found: Any = table.reindex(columns=list(columns)).reset_index(drop=True)
    for name in columns:
        if found[name].dtype.kind not in "biuf":  # texts, categories
            texts = found[name].astype(object)
            found[name] = texts.where(texts.notna(), None)
    return found


def per_problem(rows: pd.DataFrame) -> Any:
    """(task, dataset, metric) and its rows, one after another."""
    return rows.groupby(list(PROBLEM), observed=True, sort=True)


def having(rows: pd.DataFrame, *names: str) -> pd.DataFrame:
    """The rows that have all of these numbers: neither NaN nor infinite."""
    found: Any = rows[np.isfinite(rows[list(names)].to_numpy(dtype=np.float64)).all(axis=1)]
    return found


def equal(rows: pd.DataFrame, name: str, value: object) -> pd.DataFrame:
    """The rows that have a value in a column."""
    found: Any = rows[(rows[name] == value).to_numpy()]
    return found
