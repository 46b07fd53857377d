"""Bars: how much each hyperparameter matters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from catta.plots.frames import numeric, require
from catta.plots.style import INK, look, new_axes, styled
from catta.plots.text import count, describe, legend, name_ticks, nothing

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

METHODS = {"fanova": "fANOVA", "mdi": "mean decrease in impurity"}
"""Columns of `catta.stats.importance` and what they are called."""


@styled()
def importance(
    frame: pd.DataFrame,
    *,
    methods: Mapping[str, str] = METHODS,
    name: str = "parameter",
    most: int = 15,
    title: str = "Importance of hyperparameters",
    axes: Axes | None = None,
) -> Axes:
    """A bar a hyperparameter and method, the most important on top, each with its number.

    Args:
        frame: A row a hyperparameter: its `name`, and a column of shares (0 to 1) a method, as
            `catta.stats.importance` gives them; `trainings` goes into the note.
        methods: Columns of the methods and what they are called; one that is not there is not
            shown.
        name: Column of the hyperparameters; of several rows (problems) the mean is shown.
        most: How many hyperparameters to show, by their mean importance.
        title: What stands above it.
        axes: Where to draw; default: a figure of its own.

    Raises:
        UsageError: A column is missing.
    """
    there = [column for column in methods if column in frame]
    require(frame, [name, *(there or methods)])
    asked: Any = frame[there]
    numbers = asked.apply(numeric) if len(frame) else asked
    table = numbers.groupby(frame[name].astype(str)).mean().dropna(how="all")
    if table.empty:
        return nothing(axes or new_axes(), title, "No hyperparameter has an importance.")
    order = table.mean(axis=1).sort_values(ascending=False, kind="stable").index
    shown = table.loc[order[:most]][::-1]
    axes = axes or new_axes(7.0, 1.5 + max(len(shown), 2) * (0.2 + 0.2 * len(there)))
    thick = 0.78 / len(there)
    for place, column in enumerate(shown.columns):
        at = np.arange(len(shown)) + (len(there) - 1) * thick / 2 - place * thick
        values = shown[column].to_numpy(float)
        known = np.isfinite(values)
        kind = look(place)
        bars: Any = axes.barh(
            at[known], values[known], height=thick * 0.9, color=kind.colour, hatch=kind.hatch,
            edgecolor="white", linewidth=0, label=methods[str(column)],
        )  # fmt: skip
        axes.bar_label(bars, fmt="{:.2f}", padding=3, fontsize=8, color=INK)
    name_ticks(axes.yaxis, range(len(shown)), [str(n) for n in shown.index])
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.grid(visible=False, axis="y")
    top = float(np.nanmax(shown.to_numpy(float)))
    axes.set_xlim(0, top * 1.12 if top > 0 else 1.0)
    legend(axes, loc="lower right")
    describe(axes, title, _note(frame, len(shown), len(table)), x="importance (share, 0 to 1)")
    return axes


def _note(frame: Any, shown: int, there: int) -> str:
    parts: list[str] = []
    if "trainings" in frame:
        low, high = int(frame["trainings"].min()), int(frame["trainings"].max())
        parts.append(
            f"n = {low:,} trainings" if low == high else f"n = {low:,} to {high:,} trainings"
        )
    parts.append(count(there, "hyperparameter"))
    if shown < there:
        parts.append(f"the first {shown} of them")
    return "; ".join(parts)
