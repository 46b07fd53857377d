"""A function over many items: the same results in the same order, however many processes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from catta.processes import BATCH, WORTH_PROCESSES, map_batches

ITEMS = list(range(WORTH_PROCESSES + 7))


def process_of(item: int) -> tuple[int, int]:
    return item, os.getpid()


def test_few_items_stay_here() -> None:
    results = [r for batch in map_batches(process_of, ITEMS[:10], workers=2) for r in batch]
    assert results == [(item, os.getpid()) for item in range(10)]


@pytest.mark.slow
def test_many_items_go_to_other_processes_and_come_back_in_order() -> None:
    batches = list(map_batches(process_of, ITEMS, workers=2))
    assert [len(batch) for batch in batches[:-1]] == [BATCH] * (len(ITEMS) // BATCH)
    results = [r for batch in batches for r in batch]
    assert [item for item, _ in results] == ITEMS
    assert os.getpid() not in {process for _, process in results}


@pytest.mark.slow
def test_an_early_end() -> None:
    batches = map_batches(process_of, ITEMS * 20, workers=2)
    assert next(batches)[0][0] == 0
    batches.close()  # type: ignore[attr-defined]


def test_only_the_processors_that_it_may_use_count() -> None:
    ask = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from catta.processes import usable_cpus; print(usable_cpus())"
    )
    asked = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert asked.stdout == "1\n"
