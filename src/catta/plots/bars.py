"""Bars: how much each hyperparameter matters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from catta.plots.frames import clean
from catta.plots.style import INK, look, new_axes, styled
from catta.plots.text import count, describe, label, legend, name_ticks, nothing, short

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_ONE = "_one_method"


@styled()
def importance(
    frame: pd.DataFrame,
    *,
    value: str = "importance",
    name: str = "parameter",
    method: str = "method",
    most: int = 15,
    title: str = "Importance of hyperparameters",
    axes: Axes | None = None,
) -> Axes:
    """A bar a hyperparameter and method, the most important on top, each with its number.

    Args:
        frame: Columns `name` and the value; `method` where several were used; `n` (trials)
            goes into the note.
        value: Column of the importances, from 0.
        name: Column of the hyperparameters.
        method: Column of the methods; it need not be there.
        most: How many hyperparameters to show, by their mean importance.
        title: What stands above it.
        axes: Where to draw; default: a figure of its own.

    Raises:
        UsageError: A column is missing.
    """
    rows = frame if method in frame else frame.assign(**{method: _ONE})
    found = clean(rows, [value], [name, method])
    if found.frame.empty:
        return nothing(axes or new_axes(), title, f"No hyperparameter has a value of {value}.")
    table = found.frame.pivot_table(index=name, columns=method, values=value, observed=True)
    order = table.mean(axis=1).sort_values(ascending=False, kind="stable").index
    shown = table.loc[order[:most]][::-1]
    methods = [str(m) for m in shown.columns]
    axes = axes or new_axes(7.0, 1.5 + max(len(shown), 2) * (0.2 + 0.2 * len(methods)))
    thick = 0.78 / len(methods)
    for place, column in enumerate(shown.columns):
        at = np.arange(len(shown)) + (len(methods) - 1) * thick / 2 - place * thick
        values = shown[column].to_numpy(float)
        known = np.isfinite(values)
        kind = look(place)
        bars: Any = axes.barh(
            at[known], values[known], height=thick * 0.9, color=kind.colour, hatch=kind.hatch,
            edgecolor="white", linewidth=0, label=short(column),
        )  # fmt: skip
        axes.bar_label(bars, fmt="{:.2f}", padding=3, fontsize=8, color=INK)
    name_ticks(axes.yaxis, range(len(shown)), list(shown.index))
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.grid(visible=False, axis="y")
    top = float(np.nanmax(shown.to_numpy(float)))
    axes.set_xlim(0, top * 1.12 if top > 0 else 1.0)
    if methods != [_ONE]:
        legend(axes, loc="lower right")
    describe(axes, title, _note(frame, len(shown), len(table)), x=label(value))
    return axes


def _note(frame: pd.DataFrame, shown: int, there: int) -> str:
    parts: list[str] = []
    if "n" in frame and len(frame):
        low, high = int(frame["n"].min()), int(frame["n"].max())
        parts.append(f"n = {count(low, 'trial')}" if low == high else f"n = {low:,} to {high:,}")
    parts.append(count(there, "hyperparameter"))
    if shown < there:
        parts.append(f"the first {shown} of them")
    return "; ".join(parts)
