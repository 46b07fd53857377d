"""`catta.data()`: every measurement of every network as one table, with LEMUR's columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
from sqlalchemy import Connection, select

from catta.corpus import schema
from catta.corpus.evaluation_rows import evaluation_columns
from catta.corpus.statistics_columns import statistics_columns
from catta.corpus.store import Corpus
from catta.corpus.tables import as_arrow, as_pandas, as_polars
from catta.corpus.trial_rows import Column, Filter, Integers, Shared, best_rows, trial_columns
from catta.errors import UsageError
from catta.paths import default_corpus

if TYPE_CHECKING:
    import pandas as pd

_ORDER = (
    *("id", "task", "dataset", "metric", "metric_code", "metric_id", "nn", "nn_code", "nn_id"),
    *("epoch", "accuracy", "duration", "prm_id", "transform_code", "transform_id", "prm"),
)
_AS = {"pandas": as_pandas, "arrow": as_arrow, "polars": as_polars}


def data(
    only_best_accuracy: bool = False,
    task: str | None = None,
    dataset: str | None = None,
    metric: str | None = None,
    nn: str | Sequence[str] | None = None,
    epoch: int | None = None,
    max_rows: int | None = None,
    nn_prefixes: Sequence[str] | None = None,
    unique_nn: bool = False,
    include_nn_stats: bool = False,
    *,
    corpus: str | Path | Corpus | None = None,
    as_: Literal["pandas", "polars", "arrow"] = "pandas",
) -> pd.DataFrame:
    """Every measurement in the corpus, a row each, with LEMUR's columns.

    Published trials come first, in the order of task, dataset, metric, name and epoch (import by
    import), then Catta's own evaluations, whose ids are negative. A trial has the name it was
    recorded with; `nn_code` is None where nobody published the code.

    Texts are one object for each distinct one, and so are the dictionaries in `prm`: changing one
    of these in place changes it in all rows of the same hyperparameters. The frame belongs to the
    caller alone: no other call returns any part of it. In Arrow and Polars, `prm` is JSON.

    Args:
        only_best_accuracy: Only the best row of each task, dataset, metric, name and epoch.
        task: Only this task.
        dataset: Only this dataset.
        metric: Only this metric.
        nn: Only these names of networks.
        epoch: Only this epoch, from 1.
        max_rows: No more rows than this.
        nn_prefixes: Only names that begin so; case counts.
        unique_nn: Only the best row of each name.
        include_nn_stats: Add LEMUR's `nn_*` columns; what is not known is None.
        corpus: A corpus, its path or URL; default: `CATTA_CORPUS` or the user's data directory.
        as_: What to return; Polars has to be installed by the caller.

    Returns:
        `pandas.DataFrame`, `pyarrow.Table` or `polars.DataFrame`.

    Raises:
        UsageError: The corpus is not there, an argument makes no sense, or Polars is missing.
    """
    if as_ not in _AS:
        raise UsageError(f"as_: {as_!r} is not one of {', '.join(_AS)}")
    if max_rows is not None and max_rows < 0:
        raise UsageError(f"max_rows: {max_rows} is negative")
    wanted = Filter(
        task=task,
        dataset=dataset,
        metric=metric,
        names=_texts("nn", nn),
        prefixes=_texts("nn_prefixes", nn_prefixes),
        epoch=epoch,
    )
    if isinstance(corpus, Corpus):
        columns = _columns(
            corpus, wanted, max_rows, only_best_accuracy, unique_nn, include_nn_stats
        )
    else:
        location = corpus or default_corpus()
        with Corpus.open(location, create=False, read_only=True) as store:
            columns = _columns(
                store, wanted, max_rows, only_best_accuracy, unique_nn, include_nn_stats
            )
    return _AS[as_](columns)


def _columns(
    corpus: Corpus,
    wanted: Filter,
    max_rows: int | None,
    only_best: bool,
    unique: bool,
    statistics: bool,
) -> dict[str, Column]:
    keys = _keys(only_best, unique)
    with corpus.trials.reading() as connection:
        columns = trial_columns(connection, wanted, None if keys else max_rows, best_of=keys)
        rest = None if keys or max_rows is None else max_rows - _length(columns)
        own = evaluation_columns(connection, wanted, rest)
        columns = _joined(columns, own)
        if keys:  # once more: own ones may have the names of published ones
            groups = [_numbered(columns[key]) for key in keys]
            columns = _taken(columns, best_rows(groups, np.asarray(columns["accuracy"])))
        if max_rows is not None:
            columns = _taken(columns, np.arange(min(max_rows, _length(columns))))
        columns |= _module_columns(connection, columns, "metric")
        columns |= _module_columns(connection, columns, "transform")
        added = statistics_columns(connection, columns) if statistics else {}
    return {name: columns[name] for name in _ORDER} | added


def _keys(only_best: bool, unique: bool) -> tuple[str, ...]:
    """Of the rows that agree in these columns only the best one is wanted."""
    if unique:  # which leaves one row of each name, the best of its own group as well
        return ("nn",)
    return ("task", "dataset", "metric", "nn", "epoch") if only_best else ()


def _length(columns: dict[str, Column]) -> int:
    return len(cast("Integers", columns["id"]))


def _joined(first: dict[str, Column], second: dict[str, Column]) -> dict[str, Column]:
    """One table under the other."""
    found: dict[str, Column] = {}
    for name, upper in first.items():
        lower = second[name]
        if isinstance(upper, Shared) and isinstance(lower, Shared):
            codes = np.concatenate([upper.codes, lower.codes + len(upper.values)])
            found[name] = Shared(values=upper.values + lower.values, codes=codes)
        else:
            found[name] = np.concatenate([np.asarray(upper), np.asarray(lower)])
    return found


def _taken(columns: dict[str, Column], rows: Integers) -> dict[str, Column]:
    """Some of the rows."""
    return {
        name: Shared(values=column.values, codes=column.codes[rows])
        if isinstance(column, Shared)
        else column[rows]
        for name, column in columns.items()
    }


def _numbered(column: Column) -> Integers:
    """A number from 0 for each value."""
    if not isinstance(column, Shared):
        return np.unique(column, return_inverse=True)[1]
    places: dict[Any, int] = {}
    numbers = [places.setdefault(value, len(places)) for value in column.values]
    return np.array(numbers, dtype=np.int64)[column.codes]


def _module_columns(
    connection: Connection, columns: dict[str, Column], kind: str
) -> dict[str, Column]:
    """Source and identity of the metrics or transforms that a column names."""
    names = cast("Shared", columns[kind])
    table = schema.modules
    query = select(table.c.name, table.c.source, table.c.sha256).where(table.c.kind == kind)
    found = {row.name: row for row in connection.execute(query)}
    rows = [found.get(name) for name in names.values]
    return {
        f"{kind}_code": Shared(values=[row and row.source for row in rows], codes=names.codes),
        f"{kind}_id": Shared(values=[row and row.sha256[:32] for row in rows], codes=names.codes),
    }


def _texts(what: str, value: object) -> tuple[str, ...] | None:
    """One text or several as a tuple."""
    if value is None:
        return None
    given = (value,) if isinstance(value, str) else value
    if not isinstance(given, Iterable):
        raise UsageError(f"{what}: {value!r} is not a text or a sequence of texts")
    found = tuple(cast("Iterable[object]", given))
    if not all(isinstance(text, str) for text in found):
        raise UsageError(f"{what}: {value!r} is not a text or a sequence of texts")
    return cast("tuple[str, ...]", found)
