"""A table as a file of some format; each writer is given a path where nothing is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson

from catta.errors import UsageError

_JSON = ("prm", "nn_stats_meta")
"""Columns of dictionaries, which Arrow holds as JSON."""

Tell = Callable[[int], None]
"""Is told how many further rows are written; it raises to stop."""

_BATCH = 1_000
_ROW_GROUP = 5_000
"""Rows of a Parquet file that are written at once: Arrow spells out the text of every one first.

Whole, LEMUR takes 530 MB with these, and 1.1 GB with ten times as many; the file is no larger.
"""

_DICTIONARY_BYTES = 64 * 2**20
"""How large the distinct texts of a column may be, in a row group, to be stored once each."""

EXCEL_ROWS = 1_048_575
"""Rows that a sheet has below its header."""

_EXCEL_TEXT = 32_767
"""Characters that a cell holds."""

_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""What a sheet cannot hold."""


def write_parquet(table: Any, path: Path, tell: Tell) -> int:
    """One Parquet file; texts that repeat are stored once. Returns 0."""
    _write(table, path, tell)
    return 0


def write_jsonl(table: Any, path: Path, tell: Tell) -> int:
    """One JSON object a line; dictionaries are objects. Returns 0."""
    write_lines(_rows(table, tell), path)
    return 0


def write_lines(values: Iterable[Mapping[str, Any]], path: Path) -> int:
    """One JSON object a line; returns how many."""
    count = 0
    with path.open("wb") as file:
        for value in values:
            file.write(orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE))
            count += 1
    return count


def excel() -> Any:
    """The package that writes sheets.

    Raises:
        UsageError: openpyxl is not installed.
    """
    try:
        return import_module("openpyxl")
    except ImportError as error:
        raise UsageError(
            "export: openpyxl is not installed; install it with: pip install 'catta[excel]'"
        ) from error


def excel_value(value: Any, sheet: Any) -> Any:
    """A value for a sheet; a text stays one even if it begins as a formula or an error does."""
    if not isinstance(value, str):
        return value
    text = _NOT_IN_XML.sub("", value)[:_EXCEL_TEXT]
    if not text.startswith(("=", "#")):
        return text  # openpyxl takes it for a text, too
    cell = import_module("openpyxl.cell").WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    return cell


def write_xlsx(table: Any, path: Path, tell: Tell) -> int:
    """One sheet; returns how many texts were too long for a cell of Excel and are cut.

    Raises:
        UsageError: openpyxl is not installed, or the sheet would be too long.
    """
    openpyxl = excel()
    if table.num_rows > EXCEL_ROWS:
        raise UsageError(
            f"export: {table.num_rows:,} rows are more than the {EXCEL_ROWS:,} of an Excel sheet; "
            "choose fewer, or another format"
        )
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("data")
    sheet.append(table.column_names)
    cut = 0
    for batch in table.to_batches(max_chunksize=_BATCH):
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            cut += sum(isinstance(value, str) and len(value) > _EXCEL_TEXT for value in row)
            sheet.append([excel_value(value, sheet) for value in row])
        tell(batch.num_rows)
    book.save(path)
    return cut


def write_hf(table: Any, path: Path, tell: Tell) -> int:
    """A directory that `datasets.load_dataset` reads. Returns 0."""
    file = path / "data" / "train-00000-of-00001.parquet"
    file.parent.mkdir(parents=True)
    # Not Arrow's own schema, whose dictionaries `datasets` would take for classes.
    _write(table, file, tell, store_schema=False)
    (path / "README.md").write_text(_card(table), encoding="utf-8")
    return 0


WRITERS: Mapping[str, Callable[[Any, Path, Tell], int]] = MappingProxyType(
    {"parquet": write_parquet, "jsonl": write_jsonl, "xlsx": write_xlsx, "hf": write_hf}
)


def _write(table: Any, path: Path, tell: Tell, **options: Any) -> None:
    from pyarrow import parquet

    with parquet.ParquetWriter(
        path,
        table.schema,
        compression="zstd",
        dictionary_pagesize_limit=_DICTIONARY_BYTES,
        **options,
    ) as writer:
        for start in range(0, table.num_rows, _ROW_GROUP):
            group = _compact(table.slice(start, _ROW_GROUP))
            writer.write_table(group, row_group_size=_ROW_GROUP)
            tell(group.num_rows)


def _compact(table: Any) -> Any:
    """The table with only those values in its dictionaries that it uses.

    Arrow writes a whole dictionary with each row group.
    """
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            chunks = [_compacted(chunk) for chunk in table.column(place).chunks]
            table = table.set_column(place, field.name, pa.chunked_array(chunks, field.type))
    return table


def _compacted(array: Any) -> Any:
    import pyarrow as pa

    used = array.indices.dictionary_encode()
    return pa.DictionaryArray.from_arrays(used.indices, array.dictionary.take(used.dictionary))


def _rows(table: Any, tell: Tell) -> Iterable[dict[str, Any]]:
    nested = [name for name in _JSON if name in table.column_names]
    for batch in table.to_batches(max_chunksize=_BATCH):
        for row in batch.to_pylist():
            for name in nested:
                if row[name] is not None:
                    row[name] = orjson.Fragment(row[name])
            yield row
        tell(batch.num_rows)


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
