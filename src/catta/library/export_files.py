"""A table as a file of some format; each writer is given a path where nothing is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import orjson

from catta.errors import UsageError

_JSON = ("prm", "nn_stats_meta")
"""Columns of dictionaries, which Arrow holds as JSON."""

_BATCH = 1_000
_ROW_GROUP = 50_000
"""Rows that Arrow writes at once; it spells out the text of every one of them first."""

_EXCEL_ROWS = 1_048_575
"""Rows that a sheet has below its header."""

_EXCEL_TEXT = 32_767
"""Characters that a cell holds."""


def write_parquet(table: Any, path: Path) -> int:
    """One Parquet file; texts that repeat are stored once. Returns 0."""
    _write(table, path)
    return 0


def write_jsonl(table: Any, path: Path) -> int:
    """One JSON object a line; dictionaries are objects. Returns 0."""
    write_lines(_rows(table), path)
    return 0


def write_lines(values: Iterable[Mapping[str, Any]], path: Path) -> int:
    """One JSON object a line; returns how many."""
    count = 0
    with path.open("wb") as file:
        for value in values:
            file.write(orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE))
            count += 1
    return count


def write_xlsx(table: Any, path: Path) -> int:
    """One sheet; returns how many texts were too long for a cell of Excel and are cut.

    Raises:
        UsageError: openpyxl is not installed, or the sheet would be too long.
    """
    try:
        openpyxl = import_module("openpyxl")
        illegal = import_module("openpyxl.cell.cell").ILLEGAL_CHARACTERS_RE
    except ImportError as error:
        raise UsageError(
            "export: openpyxl is not installed; install it with: pip install 'catta[excel]'"
        ) from error
    if table.num_rows > _EXCEL_ROWS:
        raise UsageError(
            f"export: {table.num_rows:,} rows are more than the {_EXCEL_ROWS:,} of an Excel sheet; "
            "choose fewer, or another format"
        )
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("data")
    sheet.append(table.column_names)
    cut = 0
    for batch in table.to_batches(max_chunksize=_BATCH):
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            cut += sum(isinstance(value, str) and len(value) > _EXCEL_TEXT for value in row)
            sheet.append([_cell(openpyxl, sheet, value, illegal) for value in row])
    book.save(path)
    return cut


def write_hf(table: Any, path: Path) -> int:
    """A directory that `datasets.load_dataset` reads. Returns 0."""
    file = path / "data" / "train-00000-of-00001.parquet"
    file.parent.mkdir(parents=True)
    # Not Arrow's own schema, whose dictionaries `datasets` would take for classes.
    _write(table, file, store_schema=False)
    (path / "README.md").write_text(_card(table), encoding="utf-8")
    return 0


WRITERS: Mapping[str, Callable[[Any, Path], int]] = MappingProxyType(
    {"parquet": write_parquet, "jsonl": write_jsonl, "xlsx": write_xlsx, "hf": write_hf}
)


def _write(table: Any, path: Path, **options: Any) -> None:
    from pyarrow import parquet

    parquet.write_table(
        _writable(table), path, compression="zstd", row_group_size=_ROW_GROUP, **options
    )


def _writable(table: Any) -> Any:
    """The table with no null among the values of its dictionaries, which Parquet refuses."""
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            chunks = [_without_null(chunk) for chunk in table.column(place).chunks]
            table = table.set_column(place, field.name, pa.chunked_array(chunks, field.type))
    return table


def _without_null(array: Any) -> Any:
    import pyarrow as pa

    values, indices = array.dictionary, array.indices.to_numpy()
    known = values.is_valid().to_numpy(zero_copy_only=False)
    places = (np.cumsum(known) - 1)[indices].astype(np.int32)
    return pa.DictionaryArray.from_arrays(
        pa.array(places, mask=~known[indices]), values.drop_null()
    )


def _rows(table: Any) -> Iterable[dict[str, Any]]:
    nested = [name for name in _JSON if name in table.column_names]
    for batch in table.to_batches(max_chunksize=_BATCH):
        for row in batch.to_pylist():
            for name in nested:
                if row[name] is not None:
                    row[name] = orjson.Fragment(row[name])
            yield row


def _cell(openpyxl: Any, sheet: Any, value: object, illegal: Any) -> object:
    """A value of a sheet; a text stays one even if it begins as a formula does."""
    if not isinstance(value, str):
        return value
    cell = openpyxl.cell.WriteOnlyCell(sheet, value=illegal.sub("", value)[:_EXCEL_TEXT])
    cell.data_type = "s"
    return cell


def _card(table: Any) -> str:
    files = [{"split": "train", "path": "data/train-*"}]
    # JSON is YAML.
    configs = json.dumps([{"config_name": "default", "data_files": files}])
    return (
        f"---\nlicense: other\npretty_name: Networks and their measurements\nconfigs: {configs}\n"
        f"---\n\n# Networks and their measurements\n\n{table.num_rows:,} measurements of PyTorch "
        "networks, exported by Catta; each network keeps the licence it was published under.\n\n"
        f"Columns: {', '.join(table.column_names)}.\n"
    )
