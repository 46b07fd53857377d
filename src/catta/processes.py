"""The same pure function over many items, in several processes; how many there may be."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TypeVar, cast

T = TypeVar("T")
R = TypeVar("R")

WORTH_PROCESSES = 200
"""Fewer items are done in this process before others have started."""

BATCH = 64
"""Items that are sent to a process at once."""

ROUND = 8
"""Batches of each process between two moments at which the others are waited for."""


def usable_cpus() -> int:
    """Processors that this process may use: its affinity and its container's quota count."""
    from joblib import cpu_count  # takes half a second to import

    return cpu_count()


def map_batches(
    function: Callable[[T], R], items: Sequence[T], *, workers: int
) -> Iterator[list[R]]:
    """Apply a function to all items, a batch at a time and in order.

    Closing the iterator ends the processes. joblib's processes, unlike those of
    `concurrent.futures`, do not import the user's script again, which would have to be guarded by
    `if __name__ == "__main__"`.

    Args:
        function: Of a module, so that another process finds it; as its results, it is pickled.
        items: What it is applied to.
        workers: Number of processes; 1 works in this one.
    """
    batches = (items[i : i + BATCH] for i in range(0, len(items), BATCH))
    if workers == 1 or len(items) < WORTH_PROCESSES:
        yield from (_apply(function, batch) for batch in batches)
        return
    from joblib import Parallel, delayed

    # In rounds: ending joblib's own generator early warns, and now and then kills a thread of it.
    with Parallel(n_jobs=workers, initializer=_ignore_interrupts) as parallel:
        while chosen := list(islice(batches, workers * ROUND)):
            results = parallel(delayed(_apply)(function, batch) for batch in chosen)
            yield from cast("list[list[R]]", results)


def _apply(function: Callable[[T], R], batch: Sequence[T]) -> list[R]:
    return [function(item) for item in batch]


def _ignore_interrupts() -> None:
    """Ctrl-C goes to all processes of a terminal; the parent decides when to stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
