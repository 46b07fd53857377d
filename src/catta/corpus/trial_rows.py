"""Rows of trials and evaluations, chosen by filters, as columns whose values are shared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import orjson
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, func, or_, select

from catta.corpus import schema

Integers = NDArray[np.int64]

_ROW = np.dtype(
    [
        *[(name, np.int64) for name in ("id", "subject", "problem", "set", "epoch")],
        ("accuracy", np.float64),
        ("duration", np.int64),
    ]
)
_FIELDS = {
    "task": "problem",
    "dataset": "problem",
    "metric": "problem",
    "nn": "subject",
    "epoch": "epoch",
}
"""What tells the values of a column apart."""

_LARGEST = 2**62

UNMEASURED = -1
"""In a column of durations: there is none."""

FEW = 10_000
"""Up to so many rows of a table are fetched by their keys, of more the whole table.

Databases take no more than 32,766 values in a statement.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Filter:
    """Which rows are wanted; a field that is None chooses all.

    Attributes:
        names: Names of networks.
        prefixes: How the names begin; case counts.
    """

    task: str | None = None
    dataset: str | None = None
    metric: str | None = None
    names: Sequence[str] | None = None
    prefixes: Sequence[str] | None = None
    epoch: int | None = None

    def accepts(self, task: str, dataset: str, metric: str) -> bool:
        """Whether rows of this problem are wanted."""
        return (
            self.task in (None, task)
            and self.dataset in (None, dataset)
            and self.metric in (None, metric)
        )

    def of_name(self, column: ColumnElement[Any]) -> list[ColumnElement[bool]]:
        """Conditions on a column of names."""
        found: list[ColumnElement[bool]] = []
        if self.names is not None:
            found.append(column.in_(self.names))
        if self.prefixes is not None:
            starts = [func.substr(column, 1, len(p)) == p for p in self.prefixes]
            found.append(or_(False, *starts))
        return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Shared:
    """A column of few distinct values: row `i` has `values[codes[i]]`."""

    values: list[Any]
    codes: Integers


Column = Shared | NDArray[Any]


def trial_columns(
    connection: Connection, wanted: Filter, limit: int | None, *, best_of: Sequence[str] = ()
) -> dict[str, Column]:
    """The published trials that are wanted, in the order they were stored in.

    Args:
        connection: Where they are.
        wanted: Which ones.
        limit: At most so many.
        best_of: Of the trials that agree in these columns, only the best one.
    """
    trials = schema.trials.c
    problems = connection.execute(select(schema.problems)).all()
    chosen = {p.id: p for p in problems if wanted.accepts(p.task, p.dataset, p.metric)}
    query = select(
        trials.id,
        trials.subject_id,
        trials.problem_id,
        trials.parameter_set_id,
        trials.epoch,
        trials.accuracy,
        func.coalesce(trials.duration, UNMEASURED),
    )
    if len(chosen) < len(problems):
        query = query.where(trials.problem_id.in_(list(chosen)))
    conditions = wanted.of_name(schema.subjects.c.name)
    if conditions:
        query = query.where(trials.subject_id.in_(select(schema.subjects.c.id).where(*conditions)))
    if wanted.epoch is not None:
        query = query.where(trials.epoch == wanted.epoch)
    rows = _rows(connection, query.order_by(trials.id).limit(limit))
    if best_of:
        fields = dict.fromkeys(_FIELDS[name] for name in best_of)
        rows = rows[best_rows([rows[field] for field in fields], rows["accuracy"])]
    return {
        "id": rows["id"],
        **_problem_columns(chosen, rows["problem"]),
        **_subject_columns(connection, rows["subject"]),
        "epoch": rows["epoch"],
        "accuracy": rows["accuracy"],
        "duration": rows["duration"],
        **_set_columns(connection, rows["set"]),
    }


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


def _rows(connection: Connection, query: Any) -> NDArray[Any]:
    result = connection.execute(query)
    cursor = cast("Any", result.cursor)  # tuples of the driver: a Row each would take as long again
    rows = np.fromiter(cursor, dtype=_ROW)
    result.close()
    return rows


def _problem_columns(problems: dict[int, Any], keys: Integers) -> dict[str, Column]:
    unique, codes = np.unique(keys, return_inverse=True)
    found = [problems[key] for key in unique.tolist()]
    return {
        "task": Shared(values=[p.task for p in found], codes=codes),
        "dataset": Shared(values=[p.dataset for p in found], codes=codes),
        "metric": Shared(values=[p.metric for p in found], codes=codes),
    }


def _subject_columns(connection: Connection, keys: Integers) -> dict[str, Column]:
    table, networks = schema.subjects, schema.networks
    unique, codes = np.unique(keys, return_inverse=True)
    query = select(table.c.id, table.c.name, networks.c.id, networks.c.source).outerjoin_from(
        table, networks, networks.c.id == table.c.network_id
    )
    rows = by_key(connection, query, table.c.id, unique.tolist())
    return {
        "nn": Shared(values=[row[1] for row in rows], codes=codes),
        "nn_id": Shared(values=[row[2] for row in rows], codes=codes),
        "nn_code": Shared(values=[row[3] for row in rows], codes=codes),
    }


def _set_columns(connection: Connection, keys: Integers) -> dict[str, Column]:
    table = schema.parameter_sets
    unique, codes = np.unique(keys, return_inverse=True)
    query = select(table.c.id, table.c.uid, table.c.transform, table.c.prm)
    rows = by_key(connection, query, table.c.id, unique.tolist())
    return {
        "prm_id": Shared(values=[row[1] for row in rows], codes=codes),
        "transform": Shared(values=[row[2] for row in rows], codes=codes),
        "prm": Shared(
            values=[{**orjson.loads(row[3]), "transform": row[2]} for row in rows], codes=codes
        ),
    }


def by_key(
    connection: Connection, query: Any, key: ColumnElement[Any], keys: list[Any]
) -> list[Any]:
    """The rows of a query by their keys, which stand first in them, in the order of the keys."""
    if len(keys) <= FEW:
        query = query.where(key.in_(keys))
    found = {row[0]: row for row in connection.execute(query).all()}
    return [found[k] for k in keys]
