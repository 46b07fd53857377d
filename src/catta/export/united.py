"""All measurements on devices in one table: Catta's own, and those that LEMUR published."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from catta.corpus.opening import opened

if TYPE_CHECKING:
    from catta.corpus import Corpus
    from catta.corpus.edge import EdgeExport

COLUMNS = (
    *("source", "name", "network_id", "task", "format", "quantization", "sha256", "file_bytes"),
    *("runtime", "runtime_version", "device", "os", "emulator", "threads", "batch", "sample"),
    *("warmup", "runs", "median_ms", "p95_ms", "p99_ms", "cpu_ms", "throughput", "load_ms"),
    *("peak_memory_mb", "energy_mj", "load", "accuracy_before", "accuracy_after", "metric"),
    *("dataset", "max_abs", "top1", "valid", "error", "duration"),
)
"""Names of the columns, in their order."""

_OF_THE_EXPORT = ("accuracy_before", "accuracy_after", "metric", "dataset", "max_abs", "top1")


def measurements(
    corpus: str | Path | Corpus | None = None,
    *,
    network: str | None = None,
    source: str | None = None,
) -> pd.DataFrame:
    """Measurements on devices, Catta's own (`measured`) first, then LEMUR's (`published`).

    Times are in milliseconds, memory in MiB, sizes in bytes, energy in millijoules a sample,
    throughput in samples a second. LEMUR's `duration` has the unit that its publisher does not
    state; what one of the two does not tell is empty.

    Args:
        corpus: An open one, its path or URL; None for the default corpus.
        network: Only of the network of this name.
        source: Only `measured` or `published`.

    Raises:
        UsageError: The corpus is not there.
        CorpusError: It cannot be opened.
    """
    with opened(corpus) as store:
        files = {one.sha256: one for one in store.edge.exports()}
        rows = [_measured(asdict(one), files) for one in store.edge.measurements()]
        rows += [_published(row) for row in store.edge.published()]
    chosen = [
        row
        for row in rows
        if (network is None or row["name"] == network)
        and (source is None or row["source"] == source)
    ]
    return pd.DataFrame(chosen, columns=list(COLUMNS))


def _measured(row: dict[str, Any], files: dict[str, EdgeExport]) -> dict[str, Any]:
    details = row.pop("details")
    file = files.get(row["sha256"] or "")
    told = {name: getattr(file, name) for name in _OF_THE_EXPORT} if file is not None else {}
    return {**row, **told, "source": "measured", "load": details.get("load"), "valid": True}


def _published(row: dict[str, Any]) -> dict[str, Any]:
    device = row["device"] or row["name"]
    return {**row, "source": "published", "name": row["network"], "device": device}
