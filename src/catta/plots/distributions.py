"""How values are spread in groups: boxes and violins, lying, so that long names can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from catta.plots.frames import Clean, clean, evenly, groups, shown_of, value_label
from catta.plots.style import GRID, INK, PALETTE, new_axes, styled
from catta.plots.text import describe, name_ticks, nothing, short

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

_ENOUGH = 2_000
"""Order statistics from which a violin is estimated: more do not change its shape."""

Spread = list[tuple[str, "NDArray[Any]"]]


@styled()
def box(
    frame: pd.DataFrame,
    *,
    value: str = "accuracy",
    by: str = "family",
    most: int = 15,
    title: str = "Distribution",
    axes: Axes | None = None,
) -> Axes:
    """A box a group (quartiles, median), whiskers from the 5th to the 95th percentile.

    Args:
        frame: Columns of the value and `by`; `nn` and `metric` make the labels better.
        value: Column of the values.
        by: Column of the groups.
        most: The largest groups to show; they stand in the order of their medians.
        title: What stands above it.
        axes: Where to draw; default: a figure of its own.

    Raises:
        UsageError: A column is missing.
    """
    found, spread, note = _spread(frame, value, by, most)
    axes = axes or new_axes(7.2, _height(spread))
    if not spread:
        return nothing(axes, title, f"No row has both a value of {value} and of {by}.")
    line = {"color": INK, "linewidth": 0.9}
    axes.bxp(
        [_quantiles(values) for _, values in spread],
        positions=range(len(spread)),
        orientation="horizontal",
        widths=0.58,
        showfliers=False,
        patch_artist=True,
        boxprops={"facecolor": PALETTE[4], "edgecolor": INK, "linewidth": 0.9, "alpha": 0.75},
        medianprops={"color": INK, "linewidth": 2.2, "solid_capstyle": "butt"},
        whiskerprops=line,
        capprops=line,
    )
    note = "; ".join([note, "box: quartiles and median; whiskers: 5th to 95th percentile"])
    _finish(axes, spread, title, note, value_label(found.frame, value))
    return axes


@styled()
def violin(
    frame: pd.DataFrame,
    *,
    value: str = "accuracy",
    by: str = "family",
    most: int = 15,
    title: str = "Distribution",
    axes: Axes | None = None,
) -> Axes:
    """The density of each group, with its median and quartiles.

    A group whose values are all equal, or that has fewer than three, is shown by points.

    Args:
        frame: Columns of the value and `by`; `nn` and `metric` make the labels better.
        value: Column of the values.
        by: Column of the groups.
        most: The largest groups to show; they stand in the order of their medians.
        title: What stands above it.
        axes: Where to draw; default: a figure of its own.

    Raises:
        UsageError: A column is missing.
    """
    found, spread, note = _spread(frame, value, by, most)
    axes = axes or new_axes(7.2, _height(spread))
    if not spread:
        return nothing(axes, title, f"No row has both a value of {value} and of {by}.")
    smooth = [place for place, (_, values) in enumerate(spread) if _has_density(values)]
    if smooth:
        parts: Any = axes.violinplot(
            [evenly(spread[place][1], _ENOUGH) for place in smooth],
            positions=smooth,
            orientation="horizontal",
            widths=0.86,
            showextrema=False,
        )
        for body in parts["bodies"]:
            body.set(facecolor=PALETTE[4], edgecolor=INK, linewidth=0.8, alpha=0.75)
    for place, (_, values) in enumerate(spread):
        low, middle, high = np.percentile(values, [25, 50, 75])
        if place not in smooth:
            dots = evenly(values, 50)
            axes.plot(dots, [place] * len(dots), "o", color=PALETTE[4], markeredgecolor=INK)
        axes.plot([low, high], [place, place], color=INK, linewidth=4, solid_capstyle="butt")
        axes.plot(middle, place, "o", color="white", markeredgecolor=INK, markersize=5)
    note = "; ".join([note, "circle: median; bar: quartiles"])
    _finish(axes, spread, title, note, value_label(found.frame, value))
    return axes


def _spread(frame: pd.DataFrame, value: str, by: str, most: int) -> tuple[Clean, Spread, str]:
    """The largest groups in the order of their medians, the highest last, which is on top."""
    found = clean(frame, [value], [by])
    if found.frame.empty:
        return found, [], ""
    shown, there = groups(found.frame, by, most)
    spread = [(name, rows[value].to_numpy(float)) for name, rows in shown]
    spread.sort(key=_median)
    return found, spread, found.note("trial", shown_of(len(shown), there, by))


def _median(group: tuple[str, NDArray[Any]]) -> float:
    return float(np.median(group[1]))


def _quantiles(values: NDArray[Any]) -> dict[str, Any]:
    low, first, middle, third, high = np.percentile(values, [5, 25, 50, 75, 95])
    return {"med": middle, "q1": first, "q3": third, "whislo": low, "whishi": high, "fliers": []}


def _has_density(values: NDArray[Any]) -> bool:
    """Whether a kernel estimate of it exists and says anything."""
    few = evenly(values, _ENOUGH)
    return len(values) >= 3 and float(np.std(few)) > 1e-9 * max(1.0, float(np.max(np.abs(few))))


def _height(spread: Spread) -> float:
    return 1.5 + 0.34 * max(len(spread), 2)


def _finish(axes: Axes, spread: Spread, title: str, note: str, x: str) -> None:
    names = [f"{short(name, 26)} (n = {len(values):,})" for name, values in spread]
    name_ticks(axes.yaxis, range(len(spread)), names)
    axes.set_ylim(-0.6, len(spread) - 0.4)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    for place in range(len(spread)):
        axes.axhline(place, color=GRID, linewidth=0.6, zorder=0)
    describe(axes, title, note, x=x)
