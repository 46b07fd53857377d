"""What the corpus holds, as tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from rich import box
from rich.cells import cell_len, set_cell_size
from rich.table import Table
from rich.text import Text

from catta.cli.formats import NONE, accuracy, number, short

_MANY = 500
"""Rows that rich lays out in a moment; for ten thousand it takes seconds."""
_LONGEST = 100
"""Characters of one value in the answer to a query."""
_FIGURES = {"number", "trials", "names", "best", "epoch", "epochs", "similarity"}


def figures_table(found: Mapping[str, Any]) -> Table | str:
    """One row a figure."""
    figures = {name: value for name, value in found.items() if isinstance(value, int)}
    del figures["size_bytes"]
    return _table(
        None,
        ("what", "number"),
        [(name.replace("_", " "), number(value)) for name, value in figures.items()],
    )


def problems_table(problems: Sequence[Mapping[str, Any]]) -> Table | str:
    """One row a task, dataset and metric."""
    return _table(
        "Published trials",
        ("task", "dataset", "metric", "trials", "names"),
        [
            (p["task"], p["dataset"], p["metric"], number(p["trials"]), number(p["names"]))
            for p in problems
        ],
    )


def networks_table(networks: Sequence[Mapping[str, Any]]) -> Table | str:
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


def trials_table(trials: Sequence[Mapping[str, Any]]) -> Table | str:
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


def groups_table(groups: Sequence[Mapping[str, Any]]) -> Table | str:
    """One row a network; a group follows the other, with an empty row between them."""
    rows: list[tuple[str, ...]] = []
    for group in groups:
        if rows:
            rows.append(("",) * 5)
        for place, member in enumerate(group["networks"]):
            jaccard = member.get("jaccard")
            rows.append(
                (
                    group["dataset"] if place == 0 else "",
                    member["nn"],
                    accuracy(member["accuracy"]),
                    number(member["epoch"]),
                    NONE if jaccard is None else f"{jaccard:.2f}",
                )
            )
    return _table(None, ("dataset", "name", "best", "epoch", "similarity"), rows)


def rows_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table | str:
    """The answer to a query, a line a row: of a long text only the beginning is shown."""
    figures = {
        name
        for place, name in enumerate(columns)
        if any(isinstance(row[place], int | float) for row in rows)
    }
    texts = [tuple(map(_line, row)) for row in rows]
    return _table(None, columns, texts, figures)


def _line(value: object) -> str:
    if value is None:
        return ""
    text = str(value).strip()
    first = text.partition("\n")[0]
    return text if text == first and len(text) <= _LONGEST else f"{first[:_LONGEST]} …"


def _table(
    title: str | None,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    figures: Collection[str] = frozenset(_FIGURES),
) -> Table | str:
    if len(rows) > _MANY:
        return _text(title, columns, rows, figures)
    table = Table(
        title=title,
        title_justify="left",
        caption=None if rows else "There are none.",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
    )
    for column in columns:
        justify = "right" if column in figures else "left"
        table.add_column(Text(column), justify=justify, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _text(
    title: str | None,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    figures: Collection[str],
) -> str:
    """The same table as one text, which is as wide as it has to be."""
    widths = [max(map(cell_len, column)) for column in zip(columns, *rows, strict=True)]
    right = [column in figures for column in columns]
    lines = [title] if title else []
    for cells in (columns, tuple("─" * width for width in widths), *rows):
        placed = [
            " " * (width - cell_len(cell)) + cell if to_right else set_cell_size(cell, width)
            for cell, width, to_right in zip(cells, widths, right, strict=True)
        ]
        lines.append("  ".join(placed).rstrip())
    return "\n".join(lines)
