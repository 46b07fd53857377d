"""Values over the epochs of trainings: mean with deviation, rolling mean, single curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from catta.plots.frames import Clean, ascends, clean, groups, shown_of, value_label
from catta.plots.style import FAINT, look, new_axes, styled
from catta.plots.text import count, describe, label, legend, nothing, short

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_MARKED = 12
"""Curves of more points show a marker at some of them only."""
_BACKGROUND = 400
"""Curves that are drawn behind the named ones; more would only make the file large."""


@styled()
def mean_deviation(
    frame: pd.DataFrame,
    *,
    value: str = "accuracy",
    by: str | None = None,
    most: int = 6,
    title: str = "Mean over the epochs",
    axes: Axes | None = None,
) -> Axes:
    """The mean of each epoch, in a band of one standard deviation to either side.

    Args:
        frame: Columns `epoch`, the value and `by`; `nn` and `metric` make the labels better.
        value: Column of the values.
        by: Column of the groups that get a curve each; None: one curve of all.
        most: The largest groups to show.
        title: What stands above it.
        axes: Where to draw; default: a figure of its own.

    Raises:
        UsageError: A column is missing.
    """
    found = clean(frame, ["epoch", value], [by] if by else [])
    axes = axes or new_axes()
    if found.frame.empty:
        return nothing(axes, title, f"No row has both an epoch and a value of {value}.")
    shown, there = groups(found.frame, by, most)
    for place, (name, rows) in enumerate(shown):
        epochs = rows.groupby("epoch")[value].agg(["mean", "std", "size"])
        at = epochs.index.to_numpy(float)
        mean, deviation = epochs["mean"].to_numpy(), epochs["std"].fillna(0.0).to_numpy()
        kind = look(place)
        axes.fill_between(
            at, mean - deviation, mean + deviation, color=kind.colour, alpha=0.14, linewidth=0
        )
        _curve(axes, at, mean, place, f"{short(name)} (n = {len(rows):,})")
    if by:
        legend(axes, title=label(by), **_outside(len(shown)))
    note = found.note(
        "trial", shown_of(len(shown), there, by or ""), "band: ± 1 SD", _fewer(found.frame)
    )
    describe(axes, title, note, x="epoch", y=value_label(found.frame, value))
    _whole_epochs(axes)
    return axes


@styled()
def rolling_mean(
    frame: pd.DataFrame,
    *,
    value: str = "accuracy",
    by: str | None = None,
    window: int = 5,
    most: int = 4,
    title: str = "Rolling mean over the epochs",
    axes: Axes | None = None,
) -> Axes:
    """The mean of each epoch as a point, and the mean of a centred window of epochs as a curve.

    The window's mean is that of all its values, so an epoch counts as often as it was measured.

    Args:
        frame: Columns `epoch`, the value and `by`.
        value: Column of the values.
        by: Column of the groups that get a curve each; None: one curve of all.
        window: Width of the window in epochs.
        most: The largest groups to show.
        title: What stands above it.
        axes: Where to draw; default: a figure of its own.

    Raises:
        UsageError: A column is missing.
    """
    found = clean(frame, ["epoch", value], [by] if by else [])
    axes = axes or new_axes()
    if found.frame.empty:
        return nothing(axes, title, f"No row has both an epoch and a value of {value}.")
    shown, there = groups(found.frame, by, most)
    for place, (name, rows) in enumerate(shown):
        epochs = rows.groupby("epoch")[value].agg(["sum", "size"])
        at = epochs.index.to_numpy(float)
        means = (epochs["sum"] / epochs["size"]).to_numpy()
        smooth = _window_means(at, epochs["sum"].to_numpy(), epochs["size"].to_numpy(), window)
        kind = look(place)
        axes.plot(
            at, means, linestyle="none", marker=kind.marker, markersize=4, alpha=0.45,
            color=kind.colour, markeredgewidth=0,
        )  # fmt: skip
        named = f"{short(name)} (n = {len(rows):,})"
        axes.plot(at, smooth, color=kind.colour, linestyle=kind.dashes, linewidth=1.8, label=named)
    if by:
        legend(axes, title=label(by), **_outside(len(shown)))
    note = found.note(
        "trial",
        shown_of(len(shown), there, by or ""),
        f"points: mean of an epoch; curve: of {count(window, 'epoch')}",
    )
    describe(axes, title, note, x="epoch", y=value_label(found.frame, value))
    _whole_epochs(axes)
    return axes


@styled()
def learning_curves(
    frame: pd.DataFrame,
    *,
    value: str = "accuracy",
    by: str = "nn",
    most: int = 6,
    title: str = "Learning curves",
    axes: Axes | None = None,
) -> Axes:
    """A curve a network: the best are named, the others are a background in grey.

    Several values of a network and an epoch (other hyperparameters) count as the best of them.

    Args:
        frame: Columns `epoch`, the value and `by`.
        value: Column of the values.
        by: Column of what has a curve.
        most: The best to name, by their last value.
        title: What stands above it.
        axes: Where to draw; default: a figure of its own.

    Raises:
        UsageError: A column is missing.
    """
    found = clean(frame, ["epoch", value], [by])
    axes = axes or new_axes(7.6, 4.4)
    if found.frame.empty:
        return nothing(axes, title, f"No row has both an epoch and a value of {value}.")
    up = ascends(found.frame, value)
    curves = found.frame.groupby([found.frame[by].astype(str), "epoch"])[value]
    best = curves.max() if up else curves.min()
    last = best.groupby(level=0).last().sort_values(ascending=not up, kind="stable")
    names = list(last.index)
    for name in _some(names[most:], _BACKGROUND):
        curve = best[name]
        axes.plot(
            curve.index.to_numpy(float), curve.to_numpy(), color=FAINT, linewidth=0.6, alpha=0.5,
            marker="." if len(curve) == 1 else "", zorder=1, gid="background",
        )  # fmt: skip
    for place, name in enumerate(names[:most]):
        curve = best[name]
        at = curve.index.to_numpy(float)
        _curve(axes, at, curve.to_numpy(), place, f"{short(name)} ({curve.iloc[-1]:.3f})")
    legend(axes, title="last value", **_outside(len(names)))
    more = len(names) - most
    note = _curves_note(found, len(names), more)
    describe(axes, title, note, x="epoch", y=value_label(found.frame, value))
    _whole_epochs(axes)
    return axes


def _fewer(frame: Any) -> str:
    """That the last epoch's mean is of fewer values than the first one's, where it is so."""
    sizes = frame.groupby("epoch").size()
    first, last = int(sizes.iloc[0]), int(sizes.iloc[-1])
    return f"{first:,} at the first epoch, {last:,} at the last" if last < first else ""


def _curves_note(found: Clean, curves: int, more: int) -> str:
    parts = [f"n = {count(curves, 'network')}"]
    if more > 0:
        drawn = min(more, _BACKGROUND)
        parts.append(f"in grey {drawn:,} others" + (f" of {more:,}" if drawn < more else ""))
    if found.left_out:
        parts.append(f"{found.left_out:,} values that are none left out")
    return "; ".join(parts)


def _curve(axes: Axes, at: Any, values: Any, place: int, name: str) -> None:
    kind = look(place)
    every = max(1, round(len(at) / _MARKED))
    axes.plot(
        at, values, color=kind.colour, linestyle=kind.dashes, marker=kind.marker, markersize=4,
        markeredgecolor="white", markeredgewidth=0.5, markevery=every, linewidth=1.6, label=name,
        zorder=3,
    )  # fmt: skip


def _window_means(at: Any, sums: Any, sizes: Any, window: int) -> Any:
    """Means of all values whose epoch lies in a window around each epoch."""
    half = max(window, 1) / 2
    first, behind = np.searchsorted(at, at - half), np.searchsorted(at, at + half, side="right")
    summed, counted = np.r_[0.0, np.cumsum(sums)], np.r_[0, np.cumsum(sizes)]
    return (summed[behind] - summed[first]) / (counted[behind] - counted[first])


def _some(names: list[str], most: int) -> list[str]:
    if len(names) <= most:
        return names
    return [names[int(place)] for place in np.linspace(0, len(names) - 1, most)]


def _outside(entries: int) -> dict[str, Any]:
    """Where a legend is put: within a plot of few curves, else beside it."""
    if entries <= 2:
        return {"loc": "lower right"}
    return {"loc": "upper left", "bbox_to_anchor": (1.01, 1.0), "borderaxespad": 0.0}


def _whole_epochs(axes: Axes) -> None:
    """Epochs are counted: no tick stands between two of them."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    low, high = axes.get_xlim()
    if high - low < 1:
        axes.set_xlim((low + high) / 2 - 0.5, (low + high) / 2 + 0.5)
