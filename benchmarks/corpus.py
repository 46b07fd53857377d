"""The corpus: what importing LEMUR costs, and what each question costs.

    python benchmarks/corpus.py [WHEEL] [WORKERS]

Without WHEEL, the one in the cache is used, or fetched. Wall-clock and CPU seconds, the latter with
those of all processes; peak memory is the parent's. Each question is asked five times, in this
process, with pandas loaded; the median counts. Beside it: the limit that the project has set.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import catta
from catta.corpus import Corpus

REPEATS = 5
CIFAR = {"task": "img-classification", "dataset": "cifar-10"}
QUESTIONS: list[tuple[str, float, dict[str, Any]]] = [
    ("data()", 2.0, {}),
    ('data(as_="arrow")', 2.0, {"as_": "arrow"}),
    ("data(only_best_accuracy=True, CIFAR-10)", 0.3, {"only_best_accuracy": True, **CIFAR}),
    ("data(max_rows=10)", 0.02, {"max_rows": 10}),
    ('data(nn="ResNet", CIFAR-10, epoch=1)', 0.02, {"nn": "ResNet", "epoch": 1, **CIFAR}),
    ('data(nn="ResNet")', 0.02, {"nn": "ResNet"}),
    ('data(nn_prefixes=("ga-",), epoch=1)', 0.3, {"nn_prefixes": ("ga-",), "epoch": 1}),
    ("data(unique_nn=True)", 2.0, {"unique_nn": True}),
]


def cpu_seconds() -> float:
    """CPU seconds of this process and of those that it has waited for."""
    own, others = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(call: Callable[[], object]) -> tuple[float, float]:
    """Wall-clock and CPU seconds of a call."""
    wall, cpu = time.perf_counter(), cpu_seconds()
    call()
    return time.perf_counter() - wall, cpu_seconds() - cpu


def import_once(corpus: str, wheel: str | None, workers: int) -> None:
    from joblib.externals.loky import get_reusable_executor

    with Corpus.open(corpus) as store:
        report = catta.import_lemur(store, wheel, workers=workers)
        get_reusable_executor().shutdown(wait=True)  # its CPU time counts once it has ended
    print(
        f"{report.trials:,} trials, {report.networks:,} networks under {report.names:,} names, "
        f"{len(report.skipped):,} files skipped"
    )


def bench_import(corpus: str, wheel: str | None, workers: int) -> None:
    """Import in this process, which is one of its own."""
    wall, cpu = timed(lambda: import_once(corpus, wheel, workers))
    size = Path(corpus).stat().st_size / 1e6
    print(f"import with {workers} workers: {wall:8.1f} s, {cpu:.1f} s of CPU    (at most 40 s)")
    print(f"file: {size:8.1f} MB    (at most 250 MB)")
    print(f"peak memory of the import: {peak_mb():8.1f} MB    (at most 1,024 MB)")
    wall, _ = timed(lambda: import_once(corpus, wheel, workers))
    print(f"import again, which changes nothing: {wall:.2f} s")


def bench_questions(corpus: str) -> None:
    import pandas as pd

    print(f"pandas {pd.__version__}")
    for name, limit, arguments in reversed(QUESTIONS):

        def ask(arguments: dict[str, Any] = arguments) -> object:
            return catta.data(corpus=corpus, **arguments)

        rows = len(ask())
        times = [timed(ask) for _ in range(REPEATS)]
        wall, cpu = (statistics.median(column) for column in zip(*times, strict=True))
        print(
            f"{name:42} {rows:9,} rows {wall * 1e3:9.1f} ms, {cpu * 1e3:9.1f} ms of CPU, "
            f"{peak_mb():6.0f} MB    (at most {limit * 1e3:,.0f} ms)"
        )


def main(arguments: list[str]) -> None:
    wheel = str(Path(arguments[0]).resolve()) if arguments else None
    workers = int(arguments[1]) if len(arguments) > 1 else os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as directory:
        corpus = str(Path(directory) / "corpus.sqlite")
        steps = (f"bench_import({corpus!r}, {wheel!r}, {workers})", f"bench_questions({corpus!r})")
        for step in steps:  # a process each: the peak memory of one is not that of the other
            code = f"import corpus; corpus.{step}"
            subprocess.run(
                [sys.executable, "-c", code], check=True, cwd=Path(__file__).resolve().parent
            )


if __name__ == "__main__":
    main(sys.argv[1:])
