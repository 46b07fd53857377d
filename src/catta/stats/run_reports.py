"""Runs as statistics read them, and tables of one row an item."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from catta.corpus import Corpus
from catta.corpus.opening import opened
from catta.library.run_networks import find_run, run_settings
from catta.loop.reports import RunReport, report_of

Place = str | Path | Corpus | None
"""An open corpus, its path or URL; None for `CATTA_CORPUS` or the user's."""

Columns = Mapping[str, str]
"""Names of columns and their types; the types also hold where there is no row."""

NUMBER, COUNT, TEXT, TRUTH = "float64", "int64", "object", "bool"


def report_for(run: str | RunReport, corpus: Place) -> RunReport:
    """A run as stored.

    Args:
        run: Its id, a unique beginning of it, or what was read of it before.
        corpus: Where it is.

    Raises:
        UsageError: There is no such corpus or run.
    """
    if isinstance(run, RunReport):
        return run
    with opened(corpus) as store:
        return report_of(find_run(store, run), store)


def reports_for(runs: Sequence[str | RunReport] | None, corpus: Place) -> list[RunReport]:
    """Several runs; None for all of a corpus, oldest first.

    Raises:
        UsageError: There is no such corpus or run.
    """
    if runs is not None and all(isinstance(run, RunReport) for run in runs):
        return [run for run in runs if isinstance(run, RunReport)]
    with opened(corpus) as store:
        if runs is None:
            return [report_of(run, store) for run in store.runs.all()]
        return [report_for(run, store) for run in runs]


def threshold_of(report: RunReport) -> float:
    """The accuracy from which a candidate can be admitted, 0..1; NaN where none is stored."""
    found = run_settings(report.run).get("threshold")
    return float(found) if isinstance(found, int | float) else float("nan")


def table(rows: Iterable[Mapping[str, Any]], columns: Columns) -> pd.DataFrame:
    """Rows as a table of some columns; what a row lacks is missing."""
    listed = list(rows)
    series = {
        name: pd.Series([row.get(name) for row in listed], dtype=kind)
        for name, kind in columns.items()
    }
    return pd.DataFrame(series)


def bounds(interval: Sequence[float] | None) -> tuple[float, float]:
    """An interval; (NaN, NaN) where there is too little for one."""
    if interval is None:
        return float("nan"), float("nan")
    low, high = interval
    return low, high


def ratio(part: float, whole: float) -> float:
    """Their quotient; NaN of nothing."""
    return part / whole if whole else float("nan")
