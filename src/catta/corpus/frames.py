"""What `catta.data` is made of: the rows that a question chooses, with LEMUR's columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
from sqlalchemy import Connection, select

from catta.corpus import schema
from catta.corpus.best_rows import best_rows, numbered
from catta.corpus.evaluation_rows import evaluation_columns
from catta.corpus.opening import opened
from catta.corpus.questions import Question
from catta.corpus.shared_columns import FEW, Columns, Shared, joined, length, taken
from catta.corpus.statistics_columns import statistics_columns
from catta.corpus.store import Corpus
from catta.corpus.tables import as_arrow, as_pandas, as_polars
from catta.corpus.trial_rows import trial_columns
from catta.errors import UsageError

Form = Literal["pandas", "polars", "arrow"]

_ORDER = (
    *("id", "task", "dataset", "metric", "metric_code", "metric_id", "nn", "nn_code", "nn_id"),
    *("epoch", "accuracy", "duration", "prm_id", "transform_code", "transform_id", "prm"),
)
_AS = {"pandas": as_pandas, "arrow": as_arrow, "polars": as_polars}


def frame(corpus: str | Path | Corpus | None, question: Question, form: Form = "pandas") -> Any:
    """The answer to a question; see `catta.data`.

    Returns:
        `pandas.DataFrame`, `pyarrow.Table` or `polars.DataFrame`.

    Raises:
        UsageError: The corpus is not there, the form is none, or Polars is missing.
    """
    if form not in _AS:
        raise UsageError(f"as_: {form!r} is not one of {', '.join(_AS)}")
    with opened(corpus) as store, store.trials.reading() as connection:
        columns = _columns(connection, question)
    return _AS[form](columns)


def _columns(connection: Connection, question: Question) -> Columns:
    columns = trial_columns(connection, question)
    rest = None if question.limit is None else question.limit - length(columns)
    own = evaluation_columns(connection, question, rest)
    if length(own):
        columns = joined(columns, own)
        if question.best_of:  # once more: own ones may have the names of published ones
            groups = [numbered(columns[key]) for key in question.best_of]
            columns = taken(columns, best_rows(groups, np.asarray(columns["accuracy"])))
    if question.max_rows is not None and question.max_rows < length(columns):
        columns = taken(columns, np.arange(question.max_rows))
    columns |= _module_columns(connection, columns)
    added = statistics_columns(connection, columns) if question.include_nn_stats else {}
    return {name: columns[name] for name in _ORDER} | added


def _module_columns(connection: Connection, columns: Columns) -> Columns:
    """Source and identity of the metrics and transforms that the rows name."""
    table = schema.modules.c
    named = {kind: cast("Shared", columns[kind]) for kind in ("metric", "transform")}
    names = {name for column in named.values() for name in column.values if name is not None}
    query = select(table.kind, table.name, table.source, table.sha256)
    if len(names) <= FEW:
        query = query.where(table.name.in_(sorted(names)))
    every = {(row.kind, row.name): row for row in connection.execute(query)}
    found: Columns = {}
    for kind, column in named.items():
        rows = [every.get((kind, name)) for name in column.values]
        sources = [row and row.source for row in rows]
        found[f"{kind}_code"] = Shared(values=sources, codes=column.codes)
        hashes = [row and row.sha256[:32] for row in rows]
        found[f"{kind}_id"] = Shared(values=hashes, codes=column.codes)
    return found
