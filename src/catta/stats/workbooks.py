"""Statistics as a workbook of Excel, or as a directory of CSV or Parquet files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from catta.corpus import Corpus
from catta.errors import Interrupted, UsageError
from catta.library.export import whole
from catta.library.export_files import EXCEL_ROWS, excel, excel_value
from catta.stats.collection import collected
from catta.stats.filters import Filters, chosen

if TYPE_CHECKING:
    import pandas as pd

Tables = Iterable[tuple[str, "pd.DataFrame"]]

FORMATS = ("xlsx", "csv", "parquet")

_AT_ONCE = 10_000
"""Rows whose cells are in memory at a time."""


def write_tables(
    path: str | Path,
    corpus: str | Path | Corpus | None = None,
    *,
    format: str | None = None,  # noqa: A002 - what it is called everywhere else
    raw: bool = True,
    tell: Callable[[str], None] | None = None,
    trials: pd.DataFrame | None = None,
    **filters: Unpack[Filters],
) -> dict[str, int]:
    """Write all statistics, whole or not at all.

    As `xlsx` one workbook, a sheet a table; what is longer than a sheet (1,048,575 rows) goes on in
    the next one, named `Raw Data 2` and so on. A text that begins as a formula does stays a text,
    characters that a sheet cannot hold are left out. As `csv` or `parquet` a directory with a file
    a table; there texts are as they are.

    Args:
        path: Where nothing is yet.
        corpus: An open corpus, its path or URL; default: `CATTA_CORPUS` or the user's.
        format: `xlsx`, `csv` or `parquet`; None: `xlsx` if the path ends so.
        raw: Whether to write all measurements, too.
        tell: Told the name of each table before it is written.
        trials: What `load` returned, in place of a corpus.
        filters: See `Filters`.

    Returns:
        Rows of each table, in the order of the sheets.

    Raises:
        UsageError: Something is there already, the format is none, openpyxl is not installed,
            or there is no such corpus or filter.
        Interrupted: By Ctrl-C; nothing is there.
        OSError: The disk is full, or the like.
    """
    target = Path(path)
    form = format or ("xlsx" if target.suffix.lower() == ".xlsx" else None)
    if form not in FORMATS:
        raise UsageError(
            f"export: {form!r} is not one of {', '.join(FORMATS)}"
            if form
            else f"export: {path} does not end in .xlsx; for a directory say csv or parquet"
        )
    if form == "xlsx":
        excel()
    counts: dict[str, int] = {}
    try:
        with whole(target) as temporary:
            rows = chosen(corpus, trials, filters)
            tables = _counted(collected(rows, raw=raw), counts, tell)
            _WRITERS[form](tables, temporary)
    except KeyboardInterrupt:
        raise Interrupted(f"Stopped; {path} was not written.") from None
    return counts


def _counted(tables: Tables, counts: dict[str, int], tell: Callable[[str], None] | None) -> Tables:
    for name, table in tables:
        if tell is not None:
            tell(name)
        counts[name] = len(table)
        yield name, table


def _as_xlsx(tables: Tables, path: Path) -> None:
    book = excel().Workbook(write_only=True)
    for name, table in tables:
        for part, start in enumerate(range(0, max(1, len(table)), EXCEL_ROWS), start=1):
            sheet = book.create_sheet(name if part == 1 else f"{name} {part}")
            sheet.freeze_panes = "A2"
            sheet.append([str(column) for column in table.columns])
            _append(sheet, table.iloc[start : start + EXCEL_ROWS])
    book.save(path)


def _append(sheet: Any, table: pd.DataFrame) -> None:
    for start in range(0, len(table), _AT_ONCE):
        part = table.iloc[start : start + _AT_ONCE]
        columns = [_cells(part[name], sheet) for name in part.columns]
        for row in zip(*columns, strict=True):
            sheet.append(row)


def _cells(column: Any, sheet: Any) -> list[Any]:
    if column.dtype.kind == "f":
        values = column.astype(object).where(np.isfinite(column.to_numpy()), None)
        return values.tolist()
    if column.dtype.kind in "biu":
        return column.tolist()
    return [excel_value(value, sheet) for value in column.tolist()]


def _as_csv(tables: Tables, path: Path) -> None:
    path.mkdir()
    for name, table in tables:
        table.to_csv(path / f"{_file(name)}.csv", index=False, lineterminator="\n")


def _as_parquet(tables: Tables, path: Path) -> None:
    path.mkdir()
    for name, table in tables:
        table.to_parquet(path / f"{_file(name)}.parquet", index=False, compression="zstd")


def _file(name: str) -> str:
    return re.sub(r"\W+", "-", name.lower())


_WRITERS = MappingProxyType({"xlsx": _as_xlsx, "csv": _as_csv, "parquet": _as_parquet})
