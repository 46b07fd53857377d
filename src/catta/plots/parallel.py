"""Many columns at once: an axis a column, a line a trial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from catta.errors import UsageError
from catta.plots.frames import ascends, clean, numeric, require, value_label
from catta.plots.style import COLOURS, INK, new_axes, styled
from catta.plots.text import amount, describe, name_ticks, nothing, short

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

_LINES = 600
"""Lines that can still be told apart; of more, so many evenly along the values."""
_LOW_MEDIAN = 0.2
"""Where the median of numbers stands on an axis below which it had better be logarithmic."""
_CHOICES = 12
"""Categories of a column that get a place of their own; the rarer ones share one."""


@dataclass(frozen=True, slots=True)
class _Scale:
    """A column on an axis from 0 to 1, and what is written at its ends or categories."""

    heights: NDArray[Any]
    ticks: tuple[tuple[float, str], ...]
    logarithmic: bool = False


@styled()
def parallel_coordinates(
    frame: pd.DataFrame,
    *,
    columns: Sequence[str],
    value: str = "accuracy",
    title: str = "Parallel coordinates",
    axes: Axes | None = None,
) -> Axes:
    """A line a row through its values of the columns, coloured by the value; the best on top.

    Columns of numbers that crowd near their least are logarithmic, texts are categories.

    Args:
        frame: Rows with the columns and the value; a row is a trial.
        columns: Two or more.
        value: Column of the values.
        title: What stands above it.
        axes: Where to draw; default: a figure of its own.

    Raises:
        UsageError: A column is missing, or there are fewer than two.
    """
    if len(columns) < 2:
        raise UsageError("parallel coordinates need two columns or more")
    require(frame, columns)
    found = clean(frame, [value], columns)
    axes = axes or new_axes(max(7.2, 1.7 * (len(columns) + 1)), 4.4)
    if found.frame.empty:
        return nothing(axes, title, "No row has a value of all the columns.")
    up = ascends(found.frame, value)
    ordered = found.frame.sort_values(value, ascending=up, kind="stable", ignore_index=True)
    scales = [_scale(ordered[name]) for name in columns]
    scales.append(_scale(ordered[value]))
    shown = np.unique(np.linspace(0, len(ordered) - 1, _LINES).round().astype(int))
    _lines(axes, np.column_stack([s.heights for s in scales])[shown], ordered[value].to_numpy())
    for place, scale in enumerate(scales):
        axes.axvline(place, color=INK, linewidth=0.9, zorder=4)
        for height, text in scale.ticks:
            axes.annotate(
                text, (place, height), xytext=(4, 0), textcoords="offset points", va="center",
                fontsize=7.5, color=INK, parse_math=False, zorder=5,
                bbox={"boxstyle": "round,pad=0.12", "facecolor": "white", "alpha": 0.8,
                      "linewidth": 0},
            )  # fmt: skip
    names = [f"{name} (log)" if s.logarithmic else name for name, s in zip(
        [*columns, value], scales, strict=True)]  # fmt: skip
    name_ticks(axes.xaxis, range(len(scales)), names)
    axes.tick_params(axis="x", length=0, labelcolor=INK)
    axes.set(xlim=(-0.1, len(scales) - 0.75), ylim=(-0.04, 1.04), yticks=[])
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    drawn = "" if len(shown) == len(ordered) else f"{len(shown):,} lines, evenly by value"
    describe(axes, title, found.note("trial", drawn))
    _bar(axes, ordered[value].to_numpy(), value_label(ordered, value))
    return axes


def _lines(axes: Axes, heights: NDArray[Any], values: NDArray[Any]) -> None:
    from matplotlib.collections import LineCollection

    places = np.broadcast_to(np.arange(heights.shape[1]), heights.shape)
    shown = np.unique(np.linspace(0, len(values) - 1, len(heights)).round().astype(int))
    lines = LineCollection(
        list(np.stack([places, heights], axis=-1)),
        array=values[shown],
        cmap=f"{COLOURS}_r",
        norm=_norm(values),
        linewidths=1.1 if len(heights) < 100 else 0.8,
        alpha=0.75 if len(heights) < 100 else 0.45,
        zorder=2,
    )
    axes.add_collection(lines)


def _norm(values: NDArray[Any]) -> Any:
    from matplotlib.colors import Normalize

    low, high = float(values.min()), float(values.max())
    return Normalize(low, high if high > low else low + 1.0)


def _bar(axes: Axes, values: NDArray[Any], text: str) -> None:
    from matplotlib.cm import ScalarMappable

    figure: Any = axes.figure
    shades = ScalarMappable(_norm(values), f"{COLOURS}_r")
    bar = figure.colorbar(shades, ax=axes, pad=0.02, aspect=28)
    bar.set_label(text)
    bar.outline.set_visible(False)


def _scale(column: Any) -> _Scale:
    numbers = numeric(column)
    if bool(numbers.notna().all()):
        return _number_scale(numbers.to_numpy(float))
    return _category_scale(column.astype(str))


def _number_scale(values: NDArray[Any]) -> _Scale:
    low, high = float(values.min()), float(values.max())
    if low == high:
        return _Scale(np.full(len(values), 0.5), ((0.5, amount(low)),))
    heights, middle = (values - low) / (high - low), (low + high) / 2
    logarithmic = low > 0 and high / low > 50 and float(np.median(heights)) < _LOW_MEDIAN
    if logarithmic:
        heights = np.log(values / low) / np.log(high / low)
        middle = float(np.sqrt(low * high))
    ticks = tuple((h, amount(v)) for h, v in ((0.0, low), (0.5, middle), (1.0, high)))
    return _Scale(heights, ticks, logarithmic)


def _category_scale(column: Any) -> _Scale:
    sizes = column.value_counts()
    names = sorted(sorted(sizes.index, key=lambda n: (-int(sizes[n]), n))[:_CHOICES])
    rest = len(sizes) - len(names)
    shown = [*names, f"{rest:,} others"] if rest else names
    places = {name: place for place, name in enumerate(names)}
    codes = column.map(places).fillna(len(names)).to_numpy(float)
    if len(shown) == 1:
        return _Scale(np.full(len(codes), 0.5), ((0.5, short(shown[0], 22)),))
    ticks = tuple((place / (len(shown) - 1), short(name, 22)) for place, name in enumerate(shown))
    return _Scale(codes / (len(shown) - 1), ticks)
