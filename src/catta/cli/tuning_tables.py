"""What tuning came to, as tables and sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from catta.cli.formats import NONE

if TYPE_CHECKING:
    from catta.hpo import Filled, TuneReport

_MOST_ERRORS = 3


def tune_lines(report: TuneReport) -> Iterator[str]:
    """How many trials there are, why some failed, and how to look at them."""
    states = ", ".join(f"{count:,} {state}" for state, count in report.states.items() if count)
    yield f"{report.network} for {report.task}: {states or 'no trial'}; {report.new:,} of them now."
    if report.queued:
        yield f"The first {report.queued} came from what the corpus knows."
    for error, count in list(report.errors.items())[:_MOST_ERRORS]:
        yield f"Failed {count:,} times: {error}"
    if report.note:
        yield report.note
    if report.storage is not None:
        yield f"Study: {report.study}"
        yield f"Look at it with: optuna-dashboard '{report.storage}'"


def tune_table(report: TuneReport) -> Table:
    """The best trial, or the Pareto front."""
    table = Table(title="Pareto front" if len(report.best[0].values) > 1 else "Best trial")
    names = list(report.best[0].hyperparameters)
    objectives = [report.metric if n == "accuracy" else n for n in report.best[0].values]
    for column in ("trial", *objectives, *names):
        table.add_column(column, justify="right")
    for one in report.best:
        values = [f"{value:.4g}" for value in one.values.values()]
        chosen = [_short(one.hyperparameters[name]) for name in names]
        table.add_row(str(one.number), *values, *chosen)
    return table


def filled_table(filled: Sequence[Filled]) -> Table:
    """A row for each network."""
    table = Table()
    for column in ("network", "trials", "new", "failed", "best", "why not"):
        table.add_column(column, justify="left" if column in ("network", "why not") else "right")
    for one in filled:
        report = one.report
        if report is None:
            table.add_row(one.name, NONE, NONE, NONE, NONE, one.why)
            continue
        best = f"{next(iter(report.best[0].values.values())):.4g}" if report.best else NONE
        total, failed = sum(report.states.values()), report.states.get("failed", 0)
        table.add_row(one.name, str(total), str(report.new), str(failed), best, "")
    return table


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
