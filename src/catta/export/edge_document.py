"""The table of edge measurements as Markdown, below what somebody wrote by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from catta.corpus.edge import EdgeExport, EdgeMeasurement
from catta.export.table import Row

MARK = (
    "<!-- Made by `catta export table`: what stands below this line is written anew each time. -->"
)
_MEBI = 1 << 20
_POINT = 0.01
_STATIC = ("onnx", "int8-static")


def document(before: str, rows: Sequence[Row]) -> str:
    """A document with a new table.

    Args:
        before: What the document says now; empty for a new one.
        rows: What the table says.
    """
    written = before.partition(MARK)[0].rstrip() or "# Networks on the edge"
    return "\n".join([written, "", MARK, "", *_lines(rows)]) + "\n"


def _lines(rows: Sequence[Row]) -> Iterator[str]:
    yield from _how(rows)
    for origin in dict.fromkeys(row.entry.origin for row in rows):
        chosen = [row for row in rows if row.entry.origin == origin]
        yield f"## {origin}"
        yield ""
        yield from _verdict(chosen)
        yield from _overview(chosen)
        yield from _every_file(chosen)
        yield from _failures(chosen)


def _how(rows: Sequence[Row]) -> Iterator[str]:
    first = next((row.eager for row in rows if row.eager is not None), None)
    if first is None:
        yield "Nothing was measured."
        yield ""
        return
    recipe = rows[0].entry.recipe
    versions = {f"{one.runtime} {one.runtime_version}" for row in rows for one in _measured(row)}
    yield (
        f"Measured on {first.device}, {first.os}, with {', '.join(sorted(versions))}: "
        f"{first.threads} thread, batches of {first.batch}, {first.warmup} passes before "
        f"{first.runs} timed ones. `ms` is the median of the wall clock, `CPU ms` the processor "
        "time of a pass, which other programs disturb less; `x` is how many times faster than "
        "PyTorch eager by the wall clock. Memory is what the process grew by, in MiB. Each network "
        f"was trained for {recipe.epochs} epochs on {recipe.train_samples:,} images of "
        f"{recipe.dataset}, {recipe.resolution} pixels, by the fixed recipe; accuracy is that of "
        f"{recipe.validation_samples:,} validation images, by PyTorch and by the file."
        f"{_load(rows)}"
    )
    yield ""


def _load(rows: Sequence[Row]) -> str:
    """How busy the machine was: then wall-clock times are those of a busy machine."""
    loads = [one.details.get("load") for row in rows for one in _measured(row)]
    known = sorted(load for load in loads if isinstance(load, float))
    if not known:
        return ""
    return (
        f" Meanwhile {known[0]:.1f} to {known[-1]:.1f} processes wanted to run (the load average); "
        "where they are more than the processors, trust the processor time."
    )


def _measured(row: Row) -> list[EdgeMeasurement]:
    return [*([row.eager] if row.eager is not None else []), *(one for _, one in row.files)]


def _verdict(rows: Sequence[Row]) -> Iterator[str]:
    """What int8-static costs and gives, over all networks."""
    pairs = [(row, found) for row in rows if (found := _file(row, _STATIC)) is not None]
    if not pairs:
        return
    kept = sum(e.accuracy_before - e.accuracy_after <= _POINT + 1e-9 for _, (e, _) in pairs)
    wall = median(_times(row, one, "median_ms") for row, (_, one) in pairs)
    cpu = median(_times(row, one, "cpu_ms") for row, (_, one) in pairs)
    smaller = median(_smaller(row, export) for row, (export, _) in pairs)
    yield (
        f"int8-static ONNX loses at most one point of accuracy on {kept} of {len(pairs)} networks; "
        f"on the median network it is {wall:.1f} times as fast as PyTorch eager ({cpu:.1f} times "
        f"by processor time) and {smaller:.1f} times smaller than float32 ONNX."
    )
    yield ""


def _overview(rows: Sequence[Row]) -> Iterator[str]:
    yield (
        "| network | accuracy | int8-static | change | eager ms | ONNX ms | int8-static ms | x | "
        "x by CPU |"
    )
    yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|"
    for row in rows:
        found, plain = _file(row, _STATIC), _file(row, ("onnx", "none"))
        if found is None or row.eager is None:
            continue
        export, one = found
        change = 100 * (export.accuracy_after - export.accuracy_before)
        cells = (
            _name(row),
            f"{100 * export.accuracy_before:.1f} %",
            f"{100 * export.accuracy_after:.1f} %",
            f"{change:+.2f}",
            f"{row.eager.median_ms:.3f}",
            f"{plain[1].median_ms:.3f}" if plain is not None else "-",
            f"{one.median_ms:.3f}",
            f"{_times(row, one, 'median_ms'):.1f}",
            f"{_times(row, one, 'cpu_ms'):.1f}",
        )
        yield "| " + " | ".join(cells) + " |"
    yield ""


def _every_file(rows: Sequence[Row]) -> Iterator[str]:
    yield (
        "| network | format | quantization | MiB | accuracy | after | same class | max. difference "
        "| ms | p95 | CPU ms | memory | x |"
    )
    yield "|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    for row in rows:
        if row.eager is not None:
            cells = (_name(row), "PyTorch eager", "none", *["-"] * 5, *_latency(row, row.eager))
            yield "| " + " | ".join(cells) + " |"
        for export, one in row.files:
            cells = (
                _name(row),
                export.format,
                export.quantization,
                f"{export.file_bytes / _MEBI:.2f}",
                f"{export.accuracy_before:.4f}",
                f"{export.accuracy_after:.4f}",
                f"{100 * export.top1:.1f} %",
                f"{export.max_abs:.2g}",
                *_latency(row, one),
            )
            yield "| " + " | ".join(cells) + " |"
    yield ""


def _latency(row: Row, one: EdgeMeasurement) -> tuple[str, ...]:
    return (
        f"{one.median_ms:.3f}",
        f"{one.p95_ms:.3f}",
        "-" if one.cpu_ms is None else f"{one.cpu_ms:.3f}",
        "-" if one.peak_memory_mb is None else f"{one.peak_memory_mb:.0f}",
        f"{_times(row, one, 'median_ms'):.1f}",
    )


def _failures(rows: Sequence[Row]) -> Iterator[str]:
    failed = [(row, kind, why) for row in rows for kind, why in row.failures.items()]
    for row, (name, quantization), why in failed:
        what = f" as {name} {quantization}" if name else ""
        yield f"- {_name(row)}{what}: {_escaped(why)}"
    if failed:
        yield ""


def _file(row: Row, kind: tuple[str, str]) -> tuple[EdgeExport, EdgeMeasurement] | None:
    return next((one for one in row.files if (one[0].format, one[0].quantization) == kind), None)


def _times(row: Row, one: EdgeMeasurement, field: str) -> float:
    """How many times faster than PyTorch eager; 0 where that is not known."""
    eager = getattr(row.eager, field, None)
    value = getattr(one, field)
    return eager / value if eager and value else 0.0


def _smaller(row: Row, export: EdgeExport) -> float:
    plain = _file(row, ("onnx", "none"))
    return plain[0].file_bytes / export.file_bytes if plain is not None else 0.0


def _name(row: Row) -> str:
    return _escaped(row.entry.network.name)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
