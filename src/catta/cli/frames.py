"""Tables of statistics as they leave the program."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

from catta.cli.formats import NONE, counted
from catta.cli.output import print_json, print_rich

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 40
"""Rows of a table on the screen."""

_SMALL, _LARGE = 1e-3, 1e6


def show_frame(
    table: Any, *, title: str, nothing: str, as_json: bool, rows: int = SHOWN
) -> None:
    """Print a table, or all of its rows as one JSON list of objects.

    Args:
        table: What is shown, a `pandas.DataFrame`.
        title: What it is, on the screen.
        nothing: The sentence where it has no row, on the screen.
        as_json: Whether to print JSON.
        rows: So many rows on the screen, at most.
    """
    if as_json:
        print_json(table.to_dict(orient="records"))
        return
    if table.empty:
        print_rich(nothing)
        return
    print_rich(_rich(table.head(rows), title))
    if len(table) > rows:
        rest = counted(len(table) - rows, "more row")
        print_rich(f"{rest}: see --rows and --json.")


def _rich(table: pd.DataFrame, title: str) -> Table:
    shown = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for name in table.columns:
        numbers = table[name].dtype.kind in "iuf"
        shown.add_column(
            Text(str(name)),
            justify="right" if numbers else "left",
            overflow="fold",
            no_wrap=numbers,
        )
    for row in table.itertuples(index=False):
        shown.add_row(*(Text(_cell(value)) for value in row))
    return shown


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
