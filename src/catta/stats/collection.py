"""All tables of a corpus at once, for a spreadsheet or a report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from catta.stats.dependence import effects
from catta.stats.fronts import pareto
from catta.stats.grouped import PROBLEM, grouped, having, keyed, plain
from catta.stats.importances import importance
from catta.stats.leaders import leaderboard
from catta.stats.pairwise import transforms
from catta.stats.ranks import rank_correlation
from catta.stats.summaries import summary
from catta.stats.timing import durations

if TYPE_CHECKING:
    import pandas as pd

_NANOSECONDS = 1e9

RAW = "Raw Data"
"""The sheet of all measurements."""


def collected(trials: pd.DataFrame, *, raw: bool) -> Iterator[tuple[str, pd.DataFrame]]:
    """Names of sheets and their tables, made one after another.

    `Statistics` and `Raw Data` have the columns of the sheets that nn-stat writes, and are of every
    metric; durations are nanoseconds in these.
    """
    tables: dict[str, Callable[..., pd.DataFrame]] = {
        "Statistics": _statistics,
        "Summary": summary,
        "Families": partial(summary, by=[*PROBLEM, "family"]),
        "Leaderboard": partial(leaderboard, n=None),
        "Rank Correlation": rank_correlation,
        "Pareto": pareto,
        "Effects": effects,
        "Transforms": transforms,
        "Durations": durations,
    }
    if find_spec("optuna") is not None:
        tables["Importance"] = importance
    if raw:
        tables[RAW] = _raw
    for name, make in tables.items():
        yield name, make(trials=trials)


def _statistics(trials: pd.DataFrame) -> pd.DataFrame:
    keys = ["task", "dataset", "nn", "metric", "epoch"]
    groups = grouped(having(trials, "accuracy"), keys)
    found: Any = groups["accuracy"].agg(["mean", "std"])
    found.columns = ["accuracy_mean", "accuracy_std"]
    found["duration"] = groups["seconds"].mean() * _NANOSECONDS
    columns = ["task", "dataset", "nn", "epoch", "accuracy_mean", "accuracy_std", "duration"]
    return plain(keyed(found, keys, list(found.columns)), [*columns, "metric"])


def _raw(trials: pd.DataFrame) -> pd.DataFrame:
    duration = np.rint(trials["seconds"].to_numpy() * _NANOSECONDS)
    columns = ["task", "dataset", "metric", "epoch", "duration", "accuracy", "nn"]
    return plain(trials.assign(duration=duration), columns)
