"""The measurements of a corpus as one narrow table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import orjson
from numpy.typing import NDArray
from sqlalchemy import Connection, func, select

from catta.corpus import Corpus, schema
from catta.corpus.evaluation_rows import evaluation_columns
from catta.corpus.opening import opened
from catta.corpus.questions import Question
from catta.corpus.shared_columns import UNMEASURED, Columns, Shared, fetched, joined, length
from catta.corpus.statistics_columns import statistics_columns
from catta.corpus.trial_rows import trial_columns
from catta.library.traits import family_of

if TYPE_CHECKING:
    import pandas as pd

PUBLISHED, MEASURED = "published", "measured"

_NANOSECONDS = 1e9
_SIZES = {"parameters": ("nn_total_params", "nn_trainable_params"), "flops": ("nn_flops",)}
"""Columns of `catta.data`, the best first; of a run's candidates only what trains is known."""


def load(
    corpus: str | Path | Corpus | None = None,
    *,
    task: str | None = None,
    dataset: str | None = None,
    metric: str | None = None,
    nn: str | Sequence[str] | None = None,
    nn_prefixes: Sequence[str] | None = None,
    epoch: int | None = None,
) -> pd.DataFrame:
    """Every measurement, a row each, in the order of `catta.data`, for the other functions.

    Texts are categories, sorted. The columns:

    - `id`, `task`, `dataset`, `metric`, `nn`, `nn_id`, `epoch`, `accuracy`, `prm_id`, `transform`:
      as in `catta.data`;
    - `source`: `published`, or `measured` for Catta's own evaluations;
    - `family`: how the name begins;
    - `training`: a number for each training, whose epochs are its rows (of published trials: the
      same problem, name and hyperparameters);
    - `seconds`: since the training began; NaN where it was not measured;
    - `prm`: the hyperparameters without the transform as JSON, keys sorted;
    - `parameters`, `flops`: of the network, of one sample; NaN where it was never built;
    - `latency`: median of the network's valid device measurements for the task, as published (the
      publisher does not state the unit); NaN where there is none.

    Args:
        corpus: An open corpus, its path or URL; default: `CATTA_CORPUS` or the user's.
        task: Only this task.
        dataset: Only this dataset.
        metric: Only this metric.
        nn: Only these names of networks.
        nn_prefixes: Only names that begin so.
        epoch: Only this epoch.

    Raises:
        UsageError: There is no such corpus.
    """
    question = Question.of(
        task=task, dataset=dataset, metric=metric, nn=nn, nn_prefixes=nn_prefixes, epoch=epoch
    )
    with opened(corpus) as store, store.trials.reading() as connection:
        columns = trial_columns(connection, question)
        published = length(columns)
        columns = joined(columns, evaluation_columns(connection, question, None))
        columns |= statistics_columns(connection, columns)
        latencies = _latencies(connection)
    return _frame(columns, published, latencies)


def _latencies(connection: Connection) -> dict[tuple[str, str], float]:
    """By name and task; all of them, since there are few."""
    table, subjects = schema.device_measurements.c, schema.subjects.c
    query = (
        select(subjects.name, table.task, table.duration)
        .join_from(schema.device_measurements, schema.subjects, table.subject_id == subjects.id)
        .where(table.duration.is_not(None), func.coalesce(table.valid, True))
    )
    found: dict[tuple[str, str], list[float]] = {}
    for name, task, duration in fetched(connection, query):
        found.setdefault((name, task), []).append(duration)
    return {key: float(np.median(values)) for key, values in found.items()}


def _frame(
    columns: Columns, published: int, latencies: dict[tuple[str, str], float]
) -> pd.DataFrame:
    import pandas as pd

    rows = length(columns)
    duration = np.asarray(columns["duration"])
    names = cast("Shared", columns["nn"])
    found: dict[str, Any] = {"id": columns["id"]}
    for name in ("task", "dataset", "metric", "nn", "nn_id", "transform", "prm_id"):
        found[name] = _categories(cast("Shared", columns[name]))
    found["family"] = _categories(Shared(values=[*map(family_of, names.values)], codes=names.codes))
    found["source"] = pd.Categorical.from_codes(
        (np.arange(rows) < published).astype(np.int8), categories=[MEASURED, PUBLISHED]
    )
    found["prm"] = _categories(_texts(cast("Shared", columns["prm"])))
    found["epoch"] = np.asarray(columns["epoch"], dtype=np.int32)
    found["accuracy"] = np.asarray(columns["accuracy"], dtype=np.float64)
    found["seconds"] = np.where(duration == UNMEASURED, np.nan, duration / _NANOSECONDS)
    for name, known in _SIZES.items():
        found[name] = np.full(rows, np.nan)
        for column in known:
            values = _numbers(cast("Shared", columns[column]))
            found[name] = np.where(np.isnan(found[name]), values, found[name])
    frame = pd.DataFrame(found, copy=False)
    frame["training"] = _trainings(frame)
    frame["latency"] = _latency(frame, latencies)
    return frame


def _categories(column: Shared) -> Any:
    """Distinct values, sorted, None as missing."""
    import pandas as pd

    values = np.empty(len(column.values), dtype=object)
    values[:] = column.values
    codes, distinct = pd.factorize(values, sort=True)
    rows = codes[column.codes] if len(codes) else np.empty(0, dtype=np.int64)
    return pd.Categorical.from_codes(rows, categories=pd.Index(distinct, dtype=object))


def _texts(column: Shared) -> Shared:
    """Hyperparameters without the transform, which has a column of its own."""
    texts = [
        orjson.dumps(
            {name: value for name, value in prm.items() if name != "transform"},
            option=orjson.OPT_SORT_KEYS,
        ).decode()
        for prm in column.values
    ]
    return Shared(values=texts, codes=column.codes)


def _numbers(column: Shared) -> NDArray[np.float64]:
    values = np.array([np.nan if v is None else float(v) for v in column.values], dtype=np.float64)
    return values[column.codes] if len(values) else np.empty(0, dtype=np.float64)


def _trainings(frame: pd.DataFrame) -> NDArray[np.int32]:
    keys = ["source", "task", "dataset", "metric", "nn", "nn_id", "prm_id", "transform", "prm"]
    groups: Any = frame.groupby(keys, observed=True, sort=False, dropna=False)
    return groups.ngroup().to_numpy().astype(np.int32)


def _latency(frame: pd.DataFrame, latencies: dict[tuple[str, str], float]) -> NDArray[np.float64]:
    names, tasks = frame["nn"].cat, frame["task"].cat
    table = np.full((len(names.categories) + 1, len(tasks.categories) + 1), np.nan)
    places = {name: place for place, name in enumerate(names.categories)}
    columns = {task: place for place, task in enumerate(tasks.categories)}
    for (name, task), value in latencies.items():
        if name in places and task in columns:
            table[places[name], columns[task]] = value
    return table[names.codes.to_numpy(), tasks.codes.to_numpy()]
