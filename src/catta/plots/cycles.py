"""A run of the loop, cycle by cycle: what is valid, how good it is, what is admitted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from catta.plots.frames import clean, evenly
from catta.plots.style import FAINT, GRID, INK, PALETTE, QUIET, look, new_axes, new_figure, styled
from catta.plots.text import count, describe, legend, nothing, plain

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

_DOTS = 200
"""Accuracies of one cycle that are drawn as points."""


@styled()
def valid_rate(
    frame: pd.DataFrame, *, title: str = "Valid candidates", axes: Axes | None = None
) -> Axes:
    """The share of valid candidates in each cycle, with its interval.

    Args:
        frame: A row a cycle: `cycle`, `valid_rate`, `valid_low`, `valid_high` (0 to 1) and
            `generated` (candidates), as `catta.stats.cycles` gives them.
        title: What stands above it.
        axes: Where to draw; default: a figure of its own.

    Raises:
        UsageError: A column is missing.
    """
    numbers = ["cycle", "valid_rate", "valid_low", "valid_high", "generated"]
    found = clean(frame, numbers)
    axes = axes or new_axes(5.4, 3.6)
    if found.frame.empty:
        return nothing(axes, title, "No cycle has an evaluated candidate yet.")
    rows = found.frame.sort_values("cycle")
    at, rate = rows["cycle"].to_numpy(float), rows["valid_rate"].to_numpy(float)
    below, above = rate - rows["valid_low"].to_numpy(), rows["valid_high"].to_numpy() - rate
    kind = look(0)
    axes.errorbar(
        at, rate, yerr=np.clip([below, above], 0, None), color=kind.colour, marker="o",
        markersize=6, capsize=3.5, linewidth=1.6, elinewidth=1.1, markeredgecolor="white",
    )  # fmt: skip
    axes.set_ylim(-0.02, 1.02)
    total = int(rows["generated"].sum())
    note = f"n = {count(total, 'candidate')}; bars: 95 % Wilson interval"
    describe(axes, title, note, x="cycle", y="share of candidates (0 to 1)")
    _whole_cycles(axes, at)
    return axes


@styled()
def accuracy_distribution(
    frame: pd.DataFrame,
    *,
    threshold: float | None = None,
    title: str = "Accuracy of what was trained",
    axes: Axes | None = None,
) -> Axes:
    """The accuracies of each cycle: every network a point, with a box of the quartiles.

    Args:
        frame: A row a trained candidate: `cycle`, `accuracy` (0 to 1); `admitted` fills the
            points of those that are.
        threshold: A line to show, such as the accuracy that admission asks for.
        title: What stands above it.
        axes: Where to draw; default: a figure of its own.

    Raises:
        UsageError: A column is missing.
    """
    found = clean(frame, ["cycle", "accuracy"], ["admitted"] if "admitted" in frame else [])
    axes = axes or new_axes(5.4, 3.6)
    if found.frame.empty:
        return nothing(axes, title, "No candidate was trained yet.")
    for cycle, rows in found.frame.groupby("cycle"):
        _strip(axes, float(str(cycle)), rows)
    if threshold is not None and np.isfinite(threshold):
        axes.axhline(threshold, color=PALETTE[5], linestyle="--", linewidth=1, label="threshold")
    legend(axes, loc="lower right")
    note = f"n = {count(len(found.frame), 'network')}; box: quartiles, median"
    describe(axes, title, note, x="cycle", y="validation accuracy (0 to 1)")
    _whole_cycles(axes, found.frame["cycle"].to_numpy(float))
    return axes


@styled()
def admitted(
    frame: pd.DataFrame, *, title: str = "Admitted networks", axes: Axes | None = None
) -> Axes:
    """How many candidates each cycle admitted, of how many that are valid.

    Args:
        frame: A row a cycle: `cycle`, `admitted`, `valid` (counts of candidates).
        title: What stands above it.
        axes: Where to draw; default: a figure of its own.

    Raises:
        UsageError: A column is missing.
    """
    found = clean(frame, ["cycle", "admitted", "valid"])
    axes = axes or new_axes(5.4, 3.6)
    if found.frame.empty:
        return nothing(axes, title, "No cycle has admitted anything yet.")
    rows = found.frame.sort_values("cycle")
    at = rows["cycle"].to_numpy(float)
    axes.bar(
        at, rows["valid"].to_numpy(), width=0.7, color=GRID, edgecolor=QUIET, linewidth=0.8,
        label="valid",
    )  # fmt: skip
    bars: Any = axes.bar(
        at, rows["admitted"].to_numpy(), width=0.7, color=PALETTE[0], label="admitted"
    )
    axes.bar_label(bars, fmt="{:.0f}", padding=2, fontsize=8)
    shown, valid = int(rows["admitted"].sum()), int(rows["valid"].sum())
    note = f"n = {shown:,} admitted (dark) of {valid:,} valid (light)"
    describe(axes, title, note, x="cycle", y="candidates")
    axes.set_ylim(0, max(1.0, float(rows[["valid", "admitted"]].max().max()) * 1.08))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    _whole_cycles(axes, at)
    return axes


def run_figure(
    cycles: pd.DataFrame,
    candidates: pd.DataFrame,
    *,
    title: str,
    threshold: float | None = None,
) -> Figure:
    """All curves of a run in one figure.

    Args:
        cycles: What `valid_rate` and `admitted` take.
        candidates: What `accuracy_distribution` takes.
        title: What stands above it.
        threshold: Of `accuracy_distribution`.

    Raises:
        UsageError: A column is missing.
    """
    figure = new_figure(12.0, 4.0)
    with styled():
        first, second, third = figure.subplots(1, 3)
        valid_rate(cycles, axes=first)
        accuracy_distribution(candidates, threshold=threshold, axes=second)
        admitted(cycles, axes=third)
        words: Any = {"x": 0.01, "ha": "left", "fontsize": 11.5, "fontweight": "bold"}
        figure.suptitle(plain(title), **words, parse_math=False)
    return figure


def _strip(axes: Axes, cycle: float, rows: Any) -> None:
    """Points beside each other where they would cover each other, and quartiles."""
    low, first, middle, third, high = np.percentile(rows["accuracy"], [5, 25, 50, 75, 95])
    box = {"med": middle, "q1": first, "q3": third, "whislo": low, "whishi": high, "fliers": []}
    axes.bxp(
        [box], positions=[cycle], widths=0.5, showfliers=False, showcaps=False, manage_ticks=False,
        boxprops={"color": FAINT}, whiskerprops={"color": FAINT},
        medianprops={"color": INK, "linewidth": 2},
    )  # fmt: skip
    kinds = rows["admitted"].astype(bool) if "admitted" in rows else np.ones(len(rows), bool)
    for chosen, fill, name in ((~kinds, "white", "not admitted"), (kinds, PALETTE[0], "admitted")):
        values = evenly(rows["accuracy"].to_numpy(float)[np.asarray(chosen)], _DOTS)
        if not len(values):
            continue
        known = axes.get_legend_handles_labels()[1]
        named = name if "admitted" in rows and name not in known else None
        axes.plot(
            cycle + _beside(values), values, "o", markersize=3.4, markerfacecolor=fill,
            markeredgecolor=PALETTE[0], markeredgewidth=0.8, linestyle="none", label=named,
        )  # fmt: skip


def _beside(values: NDArray[Any]) -> NDArray[Any]:
    """Shifts that keep equal values apart: a fixed pattern, the same each time."""
    return 0.18 * np.array([0.0, 1.0, -1.0, 0.5, -0.5])[np.arange(len(values)) % 5]


def _whole_cycles(axes: Axes, cycles: NDArray[Any]) -> None:
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set_xlim(float(cycles.min()) - 0.6, float(cycles.max()) + 0.6)
    axes.grid(visible=False, axis="x")
