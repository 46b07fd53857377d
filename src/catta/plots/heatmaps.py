"""Matrices of numbers as colours, each number written in its cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib.colors import LogNorm, Normalize

from catta.errors import UsageError
from catta.plots.frames import ascends, clean, numeric, require, shown_of
from catta.plots.style import COLOURS, FAINT, ink_on, new_axes, styled
from catta.plots.text import count, describe, name_ticks, nothing, plain, short

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

Method = Literal["spearman", "pearson", "kendall"]


@styled()
def correlation(
    frame: pd.DataFrame,
    *,
    columns: Sequence[str] | None = None,
    method: Method = "spearman",
    title: str = "Correlation",
    axes: Axes | None = None,
) -> Axes:
    """The correlation of each pair of columns, over the rows that have both.

    Args:
        frame: Rows with the columns; a row is one observation.
        columns: Which; default: all that hold numbers.
        method: Which correlation.
        title: What stands above it.
        axes: Where to draw; default: a figure of its own.

    Raises:
        UsageError: A column is missing.
    """
    if columns is not None:
        require(frame, columns)
    every: Any = frame
    names = list(columns if columns is not None else every.select_dtypes("number").columns)
    side = 2.6 + 0.55 * max(len(names), 2)
    axes = axes or new_axes(side + 1.2, side)
    numbers = every[names].apply(numeric) if names and len(frame) else every[names]
    rows = len(numbers.dropna(how="all"))
    if len(names) < 2 or rows < 2:
        return nothing(axes, title, "A correlation needs two columns of numbers and two rows.")
    with np.errstate(all="ignore"):  # a column of equal values has no correlation: NaN
        values = numbers.corr(method=method, min_periods=2).to_numpy(float)
    texts = [["n/a" if np.isnan(v) else f"{v:.2f}" for v in row] for row in values]
    _matrix(axes, values, texts, norm=Normalize(-1, 1), bar=f"{method.capitalize()} correlation")
    name_ticks(axes.yaxis, range(len(names)), names)
    name_ticks(axes.xaxis, range(len(names)), names, rotation=40, ha="right")
    undefined = "n/a: not defined, as all values are equal" if np.isnan(values).any() else ""
    note = "; ".join(filter(None, [f"n = {count(rows, 'row')}", undefined]))
    describe(axes, title, note)
    return axes


@styled()
def ranks(
    frame: pd.DataFrame,
    *,
    value: str = "accuracy",
    rows: str = "nn",
    columns: str = "dataset",
    most: int = 20,
    title: str = "Ranks",
    axes: Axes | None = None,
) -> Axes:
    """Who comes where: each row's rank by its best value in each column; 1 is best.

    Rows that appear in more columns stand first, of those the ones with the better mean rank.
    Equal values share the better rank.

    Args:
        frame: Columns of the value, `rows` and `columns`.
        value: Column of the values.
        rows: Column of what is ranked.
        columns: Column of where it is ranked.
        most: How many rows to show.
        title: What stands above it.
        axes: Where to draw; default: a figure of its own.

    Raises:
        UsageError: A column is missing, or is named twice.
    """
    if rows == columns:
        raise UsageError("ranks: rows and columns are the same column")
    found = clean(frame, [value], [rows, columns])
    if found.frame.empty:
        return nothing(axes or new_axes(), title, f"No row has a value of {value}.")
    up = ascends(found.frame, value)
    cells = found.frame.groupby([rows, columns])[value]
    best = (cells.max() if up else cells.min()).unstack()
    ranked = best.rank(ascending=not up, method="min")
    share = (ranked - 1) / (best.notna().sum() - 1).clip(lower=1)
    order = np.lexsort((share.mean(axis=1).to_numpy(), -best.notna().sum(axis=1).to_numpy()))
    there = len(ranked)
    ranked, share = ranked.iloc[order[:most]], share.iloc[order[:most]]
    shape = ranked.shape
    axes = axes or new_axes(4.4 + 0.62 * shape[1], 2.2 + 0.27 * max(shape[0], 2))
    numbers = ranked.to_numpy(float)
    texts = [["" if np.isnan(v) else f"{v:.0f}" for v in row] for row in numbers]
    last = max(float(np.nanmax(numbers)), 2.0)
    _matrix(axes, numbers, texts, norm=LogNorm(1, last), bar="rank, log scale")
    name_ticks(axes.yaxis, range(shape[0]), [plain(name) for name in ranked.index])
    sizes = best.notna().sum()
    named = [f"{short(name, 18)} ({sizes[name]:,})" for name in ranked.columns]
    name_ticks(axes.xaxis, range(shape[1]), named, rotation=40, ha="right")
    note = f"n = {count(there, 'name')}; in brackets: how many are ranked; hatched: not tried"
    describe(axes, title, "; ".join(filter(None, [note, _first(shape[0], there)])))
    return axes


def _first(shown: int, there: int) -> str:
    return shown_of(shown, there, "name").replace("largest", "first")


def _matrix(
    axes: Axes,
    values: NDArray[Any],
    texts: Sequence[Sequence[str]],
    *,
    norm: Normalize,
    bar: str,
) -> None:
    """Cells of colours with their texts, hatched where there is no value, and a colour bar."""
    axes.set_facecolor("white")
    axes.patch.set(hatch="////", edgecolor=FAINT, linewidth=0)
    axes.grid(visible=False)
    height, width = values.shape
    mesh = axes.pcolormesh(
        np.arange(width + 1) - 0.5, np.arange(height + 1) - 0.5, np.ma.masked_invalid(values),
        cmap=COLOURS, norm=norm, edgecolors="white", linewidth=1.2,
    )  # fmt: skip
    axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    size = 8 if width <= 12 else 6
    for place, value in np.ndenumerate(values):
        row, column = int(place[0]), int(place[1])
        colour = mesh.cmap(mesh.norm(value)) if np.isfinite(value) else (1, 1, 1)
        text: str = texts[row][column]
        axes.text(
            column, row, text, ha="center", va="center", fontsize=size,
            color=ink_on(colour[:3]), parse_math=False,
        )  # fmt: skip
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    figure: Any = axes.figure
    colour_bar = figure.colorbar(mesh, ax=axes, shrink=0.7, aspect=24, pad=0.02)
    colour_bar.set_label(bar)
    colour_bar.outline.set_visible(False)
