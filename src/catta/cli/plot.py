"""`catta plot`: what a corpus holds, as pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Any

import typer

from catta import plots
from catta.cli import plot_runs
from catta.cli.filter_options import Filters
from catta.cli.guard import guarded
from catta.cli.option_groups import grouped
from catta.cli.options import CorpusPath
from catta.cli.plot_options import (
    By,
    Columns,
    Cost,
    Method,
    Most,
    Output,
    Title,
    Window,
    problem_of,
)
from catta.errors import UsageError
from catta.paths import default_corpus

app = typer.Typer(help="Draw what a corpus holds, as SVG, PNG or PDF.", no_args_is_help=True)

_METHODS: dict[str, Any] = {name: name for name in ("spearman", "pearson", "kendall")}
_NUMBERS = ("accuracy", "epoch", "seconds", "parameters", "flops")


Draw = Callable[..., Any]
"""From measurements, the name of their problem, a title or None, and options of its own: a plot."""


def _mean(rows: Any, title: str | None, *, by: By = None, most: Most = None) -> Any:
    """The mean of each epoch, with a band of one standard deviation."""
    name = title or f"Mean over the epochs: {problem_of(rows, by)}"
    return plots.mean_deviation(rows, by=by, most=most or 6, title=name)


def _rolling(
    rows: Any, title: str | None, *, by: By = None, most: Most = None, window: Window = 5
) -> Any:
    """The mean of each epoch, smoothed over a window of epochs."""
    name = title or f"Rolling mean over the epochs: {problem_of(rows, by)}"
    return plots.rolling_mean(rows, by=by, most=most or 4, window=window, title=name)


def _curves(rows: Any, title: str | None, *, by: By = None, most: Most = None) -> Any:
    """Learning curves: the best networks are named, the others a background."""
    name = title or f"Learning curves: {problem_of(rows)}"
    return plots.learning_curves(rows, by=by or "nn", most=most or 6, title=name)


def _box(rows: Any, title: str | None, *, by: By = None, most: Most = None) -> Any:
    """Quartiles and percentiles of groups, as boxes."""
    name = title or f"Distribution: {problem_of(rows, by)}"
    return plots.box(rows, by=by or "family", most=most or 15, title=name)


def _violin(rows: Any, title: str | None, *, by: By = None, most: Most = None) -> Any:
    """Densities of groups, with medians and quartiles."""
    name = title or f"Distribution: {problem_of(rows, by)}"
    return plots.violin(rows, by=by or "family", most=most or 15, title=name)


def _time(rows: Any, title: str | None, *, by: By = None, most: Most = None) -> Any:
    """The metric against the time a training took."""
    name = title or f"Metric against time: {problem_of(rows)}"
    return plots.metric_time(rows, by=by, most=most or 5, title=name)


def _ranks(rows: Any, title: str | None, *, by: By = None, most: Most = None) -> Any:
    """Ranks of networks on several datasets, as a heat map."""
    name = title or f"Ranks: {problem_of(rows, 'dataset')}"
    return plots.ranks(rows, rows=by or "nn", most=most or 20, title=name)


def _correlation(rows: Any, title: str | None, *, method: Method = "spearman") -> Any:
    """The correlation of metric, epoch, time, size and hyperparameters, as a heat map."""
    if method not in _METHODS:
        raise UsageError(f"--method: {method!r} is not one of {', '.join(_METHODS)}")
    name = title or f"Correlation: {problem_of(rows)}"
    table, varying = _with_hyperparameters(rows)
    own = [column for column in _NUMBERS if _varies(table[column])]
    numbers = [column for column in varying if table[column].dtype.kind == "f"]
    return plots.correlation(table, columns=[*own, *numbers], method=_METHODS[method], title=name)


def _parallel(rows: Any, title: str | None, *, column: Columns = None) -> Any:
    """Hyperparameters and the metric as parallel coordinates, a line a trial."""
    name = title or f"Hyperparameters: {problem_of(rows)}"
    table, varying = _with_hyperparameters(rows)
    shown = column or (varying if len(varying) > 1 else ["epoch", *varying, "family"][:2])
    return plots.parallel_coordinates(table, columns=shown, title=name)


def _pareto(rows: Any, title: str | None, *, cost: Cost = "seconds") -> Any:
    """The metric against a cost, with the Pareto front."""
    from catta import stats

    name = title or f"Pareto front: {problem_of(rows)}"
    found = stats.pareto(trials=rows, objectives=("accuracy", cost), every=True)
    return plots.pareto(found, x=cost, title=name)


def _importance(rows: Any, title: str | None, *, most: Most = None) -> Any:
    """How much each hyperparameter matters: fANOVA and mean decrease in impurity."""
    from catta import stats

    name = title or f"Importance of hyperparameters: {problem_of(rows)}"
    return plots.importance(stats.importance(trials=rows), most=most or 15, title=name)


def _measurements(output: Path, filters: Filters, corpus: str | None) -> Any:
    """The measurements that are to be drawn, once it is known that they can be."""
    from catta.plots.saving import form_of
    from catta.stats.filters import chosen

    plots.check()
    form_of(output)
    rows = chosen(corpus or default_corpus(), None, filters.chosen())
    if not len(rows):
        raise UsageError("plot: no measurement of the corpus fits what was asked for")
    return rows


def _command(draw: Draw) -> Callable[..., None]:
    """A command of what draws: its own options, and those that choose measurements."""

    def run(
        *,
        output: Output,
        title: Title = None,
        filters: Filters,
        corpus: CorpusPath = None,
        **own: Any,
    ) -> None:
        from catta.plots.saving import save

        rows = _measurements(output, filters, corpus)
        typer.echo(f"Written: {save(draw(rows, title, **own), output)}")

    shared = [p for p in _parameters(run) if p.kind == Parameter.KEYWORD_ONLY]
    own = [p for p in _parameters(draw) if p.kind == Parameter.KEYWORD_ONLY]
    run.__doc__ = draw.__doc__
    typed: Any = run
    typed.__signature__ = Signature([*shared[:2], *own, *shared[2:]])
    return guarded(grouped(run))


def _parameters(function: Callable[..., Any]) -> Iterable[Parameter]:
    return signature(function, eval_str=True).parameters.values()


_DRAWN: dict[str, Draw] = {
    "mean": _mean,
    "rolling": _rolling,
    "curves": _curves,
    "box": _box,
    "violin": _violin,
    "correlation": _correlation,
    "time": _time,
    "pareto": _pareto,
    "parallel": _parallel,
    "importance": _importance,
    "ranks": _ranks,
}

for _name, _draw in _DRAWN.items():
    app.command(_name)(_command(_draw))
app.command("cycles")(plot_runs.cycles)
app.command("lineage")(plot_runs.lineage)
app.command("graph")(plot_runs.graph)


def _with_hyperparameters(rows: Any) -> tuple[Any, list[str]]:
    """Measurements with hyperparameters as columns, and the names of those that vary."""
    from catta.stats.hyperparameters import hyperparameters

    found = hyperparameters(rows)
    names = [str(name) for name in found.columns if _varies(found[name])]
    known = rows.drop(columns=[name for name in found.columns if name in rows])
    return known.join(found), names


def _varies(column: Any) -> bool:
    return int(column.nunique()) > 1
