"""Tables of statistics as they leave the program."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from catta.cli.formats import NONE, counted
from catta.cli.output import print_json, print_rich

SHOWN = 40
"""Rows of a table on the screen."""

_SMALL, _LARGE = 1e-3, 1e6

_LINE = 18
"""Characters of a text that stay on one line."""

_TITLES = MappingProxyType({"task": "", "dataset": "", "metric": "", "epoch": "epoch "})
"""Columns that go into the title where all rows agree, and what is said before the value."""


def show_frame(
    table: Any,
    *,
    title: str,
    nothing: str,
    as_json: bool,
    rows: int = SHOWN,
    hidden: Sequence[str] = (),
) -> None:
    """Print a table, or all of its rows as one JSON list of objects.

    Args:
        table: What is shown, a `pandas.DataFrame`.
        title: What it is, on the screen.
        nothing: The sentence where it has no row, on the screen.
        as_json: Whether to print JSON.
        rows: So many rows on the screen, at most.
        hidden: Columns that are not on the screen.
    """
    if as_json:
        print_json(table.to_dict(orient="records"))
        return
    if table.empty:
        print_rich(nothing)
        return
    print_rich(_rich(table.drop(columns=list(hidden)).head(rows), title))
    if len(table) > rows:
        rest = counted(len(table) - rows, "more row")
        print_rich(f"{rest}: see --rows and --json.")


def settings_text(prm: str | None) -> str | None:
    """Hyperparameters, which are JSON, for readers: `batch 4, lr 0.1152`."""
    if prm is None:
        return None
    return ", ".join(f"{name} {_cell(value)}" for name, value in json.loads(prm).items())


def _rich(table: Any, title: str) -> Table:
    table, common = _common(_with_interval(table))
    title = f"{title}: {', '.join(common)}" if common else title
    shown = Table(title=Text(title), title_justify="left", box=box.SIMPLE_HEAD)
    for name in table.columns:
        numbers = table[name].dtype.kind in "iuf"
        widest = max((len(_cell(value)) for value in table[name]), default=0)
        shown.add_column(
            Text(str(name)),
            justify="right" if numbers else "left",
            overflow="fold",
            no_wrap=widest <= _LINE,
            min_width=min(widest, _LINE),
        )
    for row in table.itertuples(index=False):
        shown.add_row(*(Text(_cell(value)) for value in row))
    return shown


def _with_interval(table: Any) -> Any:
    """The ends of an interval in one column."""
    if "ci_low" not in table:
        return table
    ends = zip(table["ci_low"], table["ci_high"], strict=True)
    texts = [f"{_cell(low)} to {_cell(high)}" if low == low else NONE for low, high in ends]
    table = table.assign(ci_low=texts).rename(columns={"ci_low": "95 % interval"})
    return table.drop(columns="ci_high")


def _common(table: Any) -> tuple[Any, list[str]]:
    """The table without what all rows agree in, and this."""
    names = [name for name in _TITLES if name in table and table[name].nunique() == 1]
    texts = [f"{_TITLES[name]}{_cell(table[name].iloc[0])}" for name in names]
    return table.drop(columns=names), texts


def _cell(value: Any) -> str:
    """Four significant digits; a number that is far from 1 with its power of ten."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if not isinstance(value, float):
        return str(value)
    if not value or _SMALL <= abs(value) < _LARGE:
        return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}"
    return f"{value:.2g}"
