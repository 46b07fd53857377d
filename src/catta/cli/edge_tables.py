"""Measurements on devices as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table

from catta.cli.formats import NONE

if TYPE_CHECKING:
    import pandas as pd

    from catta.corpus.edge import EdgeMeasurement

_SHOWN = 200
_MEBI = 1 << 20


def measured_table(found: Sequence[EdgeMeasurement]) -> Table:
    """One row a number of threads and a size of batches."""
    first = found[0]
    what = " ".join(part for part in (first.format, first.quantization) if part) or "network"
    table = Table(
        title=f"{first.name} ({what}) in {first.runtime} {first.runtime_version}",
        box=box.SIMPLE,
    )
    for name in (
        *("threads", "batch", "median\nms", "p95\nms", "p99\nms", "CPU\nms", "samples/s"),
        *("peak memory\nMiB", "file\nMiB", "energy\nmJ/sample"),
    ):
        table.add_column(name, justify="right")
    for one in found:
        table.add_row(
            str(one.threads),
            str(one.batch),
            f"{one.median_ms:.3f}",
            f"{one.p95_ms:.3f}",
            f"{one.p99_ms:.3f}",
            _number(one.cpu_ms, 3),
            f"{one.throughput:,.0f}",
            _number(one.peak_memory_mb, 1),
            _number(None if one.file_bytes is None else one.file_bytes / _MEBI, 2),
            _number(one.energy_mj, 3),
        )
    table.caption = (
        f"{first.device}; {first.os}; {first.warmup} passes before, {first.runs} timed; "
        f"one sample is {'x'.join(map(str, first.sample))}"
    )
    return table


def all_table(found: pd.DataFrame) -> Table:
    """The first measurements of a frame of `catta.export.measurements`."""
    table = Table(box=box.SIMPLE)
    for name, right in (
        *(("network", False), ("device", False), ("runtime", False), ("what", False)),
        *(("threads", True), ("batch", True), ("median\nms", True), ("p95\nms", True)),
        *(("samples/s", True), ("accuracy\nafter", True), ("published\nduration", True)),
    ):
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    for row in found.head(_SHOWN).to_dict("records"):
        table.add_row(
            str(row["name"]),
            str(row["device"]),
            " ".join(_text(row[key]) for key in ("runtime", "runtime_version")).strip() or NONE,
            " ".join(_text(row[key]) for key in ("format", "quantization")).strip()
            or _text(row["task"])
            or "network",
            _number(row["threads"], 0),
            _number(row["batch"], 0),
            _number(row["median_ms"], 3),
            _number(row["p95_ms"], 3),
            _number(row["throughput"], 0),
            _number(row["accuracy_after"], 4),
            _number(row["duration"], 0),
        )
    if len(found) > _SHOWN:
        table.caption = f"The first {_SHOWN} of {len(found):,}; --json gives all"
    return table


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any, digits: int) -> str:
    known = isinstance(value, int | float) and value == value
    return f"{value:,.{digits}f}" if known else NONE
