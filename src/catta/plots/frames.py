"""What every plot does with its frame first: the columns are there, the numbers are numbers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catta.errors import UsageError
from catta.plots.text import count, label, plain
from catta.stats.directions import ascends as metric_ascends


@dataclass(frozen=True, slots=True)
class Clean:
    """Rows of a frame that have all the numbers a plot needs.

    Attributes:
        frame: They; their index counts from 0.
        left_out: How many others there were.
    """

    frame: Any  # a DataFrame, whose own types say too little
    left_out: int

    def note(self, noun: str = "trial", *more: str) -> str:
        """How many observations there are, of how many networks, and what is left out."""
        parts = [f"n = {count(len(self.frame), noun)}"]
        if "nn" in self.frame and noun != "network":
            parts[0] += f" of {count(int(self.frame['nn'].nunique()), 'network')}"
        parts.extend(part for part in more if part)
        if self.left_out:
            parts.append(f"{self.left_out:,} without a value left out")
        return "; ".join(parts)


def clean(frame: pd.DataFrame, numbers: Sequence[str], others: Collection[str] = ()) -> Clean:
    """The rows whose `numbers` are finite and whose `others` are known.

    Raises:
        UsageError: A column is missing.
    """
    require(frame, [*numbers, *others])
    kept = list(dict.fromkeys([*numbers, *others, *({"nn", "metric"} & set(frame.columns))]))
    found: Any = frame[kept].copy()
    for column in numbers:
        found[column] = numeric(found[column])
    for column in found.columns:
        # Categories that no row has would be groups of their own.
        if isinstance(found[column].dtype, pd.CategoricalDtype):
            found[column] = found[column].astype(object)
    whole = found[list(dict.fromkeys([*numbers, *others]))].notna().all(axis=1)
    return Clean(found[whole].reset_index(drop=True), int((~whole).sum()))


def require(frame: pd.DataFrame, columns: Collection[str]) -> None:
    """Raise UsageError if a column is missing."""
    missing = [c for c in dict.fromkeys(columns) if c not in frame.columns]
    if missing:
        there = ", ".join(map(str, frame.columns)) or "none"
        raise UsageError(f"there is no column {', '.join(missing)}; the columns are: {there}")


def numeric(column: Any) -> Any:
    """A column as floats; what is no number or not finite becomes NaN."""
    found: Any = pd.to_numeric(column, errors="coerce")
    found = found.astype(float)
    return found.where(np.isfinite(found))


def groups(frame: Any, by: str | None, most: int) -> tuple[list[tuple[str, Any]], int]:
    """The largest groups, largest first, and how many there are in all; without `by` one of all."""
    if by is None:
        return [("all", frame)], 1
    keys = frame[by].astype(str)
    sizes = keys.value_counts()
    # Of equal size the earlier in the alphabet: the same frame gives the same plot.
    names = sorted(sizes.index, key=lambda name: (-int(sizes[name]), str(name)))[:most]
    return [(str(name), frame[keys == name]) for name in names], len(sizes)


def only(frame: Any, column: str) -> str | None:
    """The value of a column if all rows have the same one."""
    if column not in frame or frame.empty:
        return None
    found = frame[column].dropna().unique()
    return str(found[0]) if len(found) == 1 else None


def evenly(values: NDArray[Any], most: int) -> NDArray[Any]:
    """Sorted values, of many so many order statistics: their distribution stays the same."""
    ordered = np.sort(values)
    if len(ordered) <= most:
        return ordered
    return ordered[np.linspace(0, len(ordered) - 1, most).round().astype(int)]


def shown_of(shown: int, there: int, noun: str) -> str:
    """`the 8 largest of 60 families`, or nothing if all are shown."""
    return f"the {shown} largest of {count(there, noun)}" if shown < there else ""


def padded(low: float, high: float, share: float = 0.05) -> tuple[float, float]:
    """Limits of an axis around values, also around a single one."""
    room = (high - low) * share or abs(high) * share or share
    return low - room, high + room


def ascends(frame: Any, value: str) -> bool:
    """Whether more is better; it is not of an accuracy under a metric such as perplexity."""
    metric = only(frame, "metric") if value == "accuracy" else None
    return metric is None or metric_ascends(metric)


def value_label(frame: Any, value: str) -> str:
    """What an axis says of values: the metric's name where all rows have the same one."""
    if value != "accuracy":
        return label(value)
    metric = only(frame, "metric")
    if metric is None:
        return "value of several metrics" if "metric" in frame else label(value)
    within = bool(frame[value].between(0, 1).all())
    unit = "" if metric_ascends(metric) else ", lower is better"
    return f"{plain(metric)} (0 to 1{unit})" if within else f"{plain(metric)}{unit}"
