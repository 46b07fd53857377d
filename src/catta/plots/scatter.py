"""One measurement against another: cost and metric, and what no other network beats in both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from catta.plots.frames import (
    ascends,
    clean,
    groups,
    numeric,
    padded,
    require,
    shown_of,
    value_label,
)
from catta.plots.naming import name_points
from catta.plots.style import COLOURS, FAINT, PALETTE, look, new_axes, styled
from catta.plots.text import amount, describe, label, legend, nothing, short

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_CROWD = 3_000
"""More points than this hide each other: cells that count them are drawn instead."""


@styled()
def metric_time(
    frame: pd.DataFrame,
    *,
    value: str = "accuracy",
    time: str = "seconds",
    by: str | None = None,
    most: int = 5,
    title: str = "Metric against time",
    axes: Axes | None = None,
) -> Axes:
    """Values against the time they took, which is on a logarithmic axis.

    Many points are counted in hexagonal cells; then groups are not told apart.

    Args:
        frame: Columns of the value, the time and `by`; `nn` and `metric` make the labels better.
        value: Column of the values.
        time: Column of the time; what is not above 0 is left out.
        by: Column of the groups that get a marker each.
        most: The largest groups to show.
        title: What stands above it.
        axes: Where to draw; default: a figure of its own.

    Raises:
        UsageError: A column is missing.
    """
    require(frame, [time])
    times = numeric(frame[time])
    positive = frame.assign(**{time: times.where(times > 0)})
    found = clean(positive, [time, value], [by] if by else [])
    axes = axes or new_axes()
    if found.frame.empty:
        return nothing(axes, title, f"No row has both a value of {value} and a time above 0.")
    axes.set_xscale("log")
    crowd = len(found.frame) > _CROWD
    more = "cells count trials" if crowd else _points(axes, found.frame, time, value, by, most)
    if crowd:
        _cells(axes, found.frame[time].to_numpy(float), found.frame[value].to_numpy(float))
    note = found.note("trial", more)
    describe(axes, title, note, x=f"{label(time)}, log scale", y=value_label(found.frame, value))
    _decent_log_limits(axes, found.frame[time].to_numpy(float))
    return axes


@styled()
def pareto(
    frame: pd.DataFrame,
    *,
    x: str = "seconds",
    y: str = "accuracy",
    front: str = "front",
    by: str = "nn",
    title: str = "Pareto front",
    axes: Axes | None = None,
) -> Axes:
    """Trials by cost and metric; the front is what no other one beats in both.

    Args:
        frame: A row a trial: columns `x` (less is better), `y` (the metric) and `front`
            (whether it is on the front, as `catta.stats.pareto` says); `by` names it.
        x: Column of the cost.
        y: Column of the metric.
        front: Column of truths.
        by: Column of the names.
        title: What stands above it.
        axes: Where to draw; default: a figure of its own.

    Raises:
        UsageError: A column is missing.
    """
    found = clean(frame, [x, y], [front, by])
    axes = axes or new_axes(7.2, 4.6)
    if found.frame.empty:
        return nothing(axes, title, f"No row has both a value of {x} and of {y}.")
    rows = found.frame
    up = ascends(rows, y)
    best = rows[rows[front].astype(bool)].sort_values([x, y], kind="stable")
    others = rows[~rows[front].astype(bool)]
    wide = float(rows[x].min()) > 0 and float(rows[x].max()) > 20 * float(rows[x].min())
    axes.scatter(
        others[x], others[y], s=14, color=FAINT, linewidths=0, alpha=0.8 if len(others) < 500 else
        0.45, label=f"beaten (n = {len(others):,})", rasterized=len(others) > _CROWD, zorder=2,
    )  # fmt: skip
    axes.step(best[x], best[y], where="post", color=PALETTE[0], linewidth=1.4, zorder=3)
    axes.scatter(
        best[x], best[y], s=40, color=PALETTE[0], edgecolors="white", linewidths=0.8, marker="D",
        label=f"front (n = {len(best):,})", zorder=4,
    )  # fmt: skip
    if wide:
        axes.set_xscale("log")
        _decent_log_limits(axes, rows[x].to_numpy(float))
    axes.set_ylim(*padded(float(rows[y].min()), float(rows[y].max()), 0.08))
    name_points(axes, best[x].to_numpy(float), best[y].to_numpy(float), list(best[by]))
    legend(axes, loc="lower right" if up else "upper right")
    note = found.note(
        "trial", f"left and {'up' if up else 'down'} is better", "names as far as there is room"
    )
    x_label = label(x) + (", log scale" if wide else "")
    describe(axes, title, note, x=x_label, y=value_label(rows, y))
    return axes


def _points(
    axes: Axes, frame: Any, x: str, y: str, by: str | None, most: int
) -> str:  # fmt: skip
    shown, there = groups(frame, by, most)
    for place, (name, rows) in enumerate(shown):
        kind = look(place)
        axes.scatter(
            rows[x], rows[y], s=20, marker=kind.marker, color=kind.colour, alpha=0.65,
            linewidths=0.3, edgecolors="white", label=f"{short(name, 24)} (n = {len(rows):,})",
        )  # fmt: skip
    if by:
        legend(axes, title=label(by), loc="upper left", bbox_to_anchor=(1.01, 1.0))
    return shown_of(len(shown), there, by or "")


def _cells(axes: Axes, x: Any, y: Any) -> None:
    """Counts of points in hexagons, in the logarithms of x and of the counts."""
    low, high = float(np.log10(x.min())), float(np.log10(x.max()))
    flat = low == high
    cells = axes.hexbin(
        x, y, xscale="log", gridsize=(46, 22), bins="log", mincnt=1, cmap=f"{COLOURS}_r",
        linewidths=0.2, edgecolors="face",
        extent=(*(padded(low, high) if flat else (low, high)), *_extent(y)),
    )  # fmt: skip
    figure: Any = axes.figure
    bar = figure.colorbar(cells, ax=axes, pad=0.02, aspect=28)
    bar.set_label("trials in a cell, log scale")
    bar.outline.set_visible(False)


def _extent(y: Any) -> tuple[float, float]:
    low, high = float(y.min()), float(y.max())
    return padded(low, high) if low == high else (low, high)


def _decent_log_limits(axes: Axes, values: Any) -> None:
    """Ticks that say numbers also where the axis spans less than a decade."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = float(values.min()), float(values.max())
    axes.set_xlim(low / 1.15 if high > low else low / 2, high * 1.15 if high > low else high * 2)
    narrow = high / low < 30
    subs = (1.0, 2.0, 5.0) if narrow else (1.0,)
    axes.xaxis.set_major_locator(LogLocator(base=10, subs=subs))
    axes.xaxis.set_major_formatter(FuncFormatter(_tick))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _tick(value: float, _: int | None = None) -> str:
    return amount(value)
