"""What the corpus holds, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from catta.cli.formats import NONE, accuracy, number, short


def figures_table(found: Mapping[str, Any]) -> Table:
    """One row a figure."""
    figures = {name: value for name, value in found.items() if isinstance(value, int)}
    return _table(
        f"Corpus {found['location']}",
        ("what", "number"),
        [(name.replace("_", " "), number(value)) for name, value in figures.items()],
    )


def problems_table(problems: Sequence[Mapping[str, Any]]) -> Table:
    """One row a task, dataset and metric."""
    return _table(
        "Published trials",
        ("task", "dataset", "metric", "trials", "names"),
        [
            (p["task"], p["dataset"], p["metric"], number(p["trials"]), number(p["names"]))
            for p in problems
        ],
    )


def networks_table(networks: Sequence[Mapping[str, Any]]) -> Table:
    """One row a network."""
    return _table(
        None,
        ("name", "id", "origin", "licence", "family", "pretrained", "trials"),
        [
            (
                n["name"],
                short(n["id"]),
                n["origin"],
                n["licence"] or NONE,
                n["family"] or NONE,
                NONE if n["pretrained"] is None else ("yes" if n["pretrained"] else "no"),
                number(n["trials"]),
            )
            for n in networks
        ],
    )


def trials_table(trials: Sequence[Mapping[str, Any]]) -> Table:
    """One row a name, task, dataset and metric."""
    return _table(
        "Published trials",
        ("name", "task", "dataset", "metric", "trials", "best", "epochs"),
        [
            (
                *(t[key] for key in ("name", "task", "dataset", "metric")),
                number(t["trials"]),
                accuracy(t["best"]),
                number(t["epochs"]),
            )
            for t in trials
        ],
    )


def rows_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """The answer to a query."""
    texts = [tuple("" if value is None else str(value) for value in row) for row in rows]
    return _table(None, columns, texts)


def _table(title: str | None, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(title=title, box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(Text(column))
    for row in rows:
        table.add_row(*map(Text, row))
    return table
