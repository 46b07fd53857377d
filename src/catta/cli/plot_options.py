"""Options of `catta plot`, and what they choose in a corpus."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catta.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

Output = Annotated[
    Path,
    typer.Option("--output", "-o", metavar="FILE", help="Ends with .svg, .png or .pdf."),
]
Title = Annotated[
    str | None, typer.Option("--title", metavar="TEXT", help="What stands above the plot.")
]
By = Annotated[
    str | None,
    typer.Option(
        "--by", metavar="COLUMN", help="What is told apart: family, nn, transform, dataset, ..."
    ),
]
Most = Annotated[
    int | None, typer.Option("--most", metavar="N", min=1, help="At most so many of these.")
]
Window = Annotated[
    int, typer.Option("--window", metavar="N", min=1, help="Width of the window in epochs.")
]
Method = Annotated[
    str, typer.Option("--method", metavar="NAME", help="spearman, pearson or kendall.")
]
Columns = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="NAME", help="Only this column; repeatable, in this order."),
]
Cost = Annotated[
    str,
    typer.Option("--cost", metavar="NAME", help="seconds, parameters, flops, latency or epoch."),
]

_PROBLEM = ("task", "dataset", "metric")
_NAMED = 4


def problem_of(rows: pd.DataFrame, apart: str | None = None) -> str:
    """The one problem that measurements are of, as a title names it.

    Args:
        rows: Measurements, as `catta.stats.load` gives them.
        apart: A column of the problem that the plot tells apart; it may have several values.

    Raises:
        UsageError: They are of several problems, whose values say nothing side by side.
    """
    keys = [name for name in _PROBLEM if name != apart]
    table: Any = rows
    found = table[keys].drop_duplicates().astype(str).sort_values(keys)
    if len(found) > 1:
        said = ["/".join(row) for row in found.itertuples(index=False)]
        more = f" and {len(said) - _NAMED} more" if len(said) > _NAMED else ""
        raise UsageError(
            f"plot: choose one of {', '.join(said[:_NAMED])}{more}, with --task, --dataset and "
            "--metric"
        )
    if found.empty:
        return "nothing"
    return ", ".join(str(found[name].iloc[0]) for name in ("dataset", "task") if name in found)
