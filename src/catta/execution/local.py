"""Evaluations on this machine: a few workers, each with a thread that waits for it."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Self, TypeVar

from catta.evaluation import Worker

T = TypeVar("T")
R = TypeVar("R")


class LocalExecutor:
    """A pool of workers, started when first used."""

    def __init__(self, make_worker: Callable[[], Worker], workers: int) -> None:
        self._make_worker = make_worker
        self._count = workers
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="catta-worker")
        self._idle: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        self._started: list[Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def map_unordered(
        self, function: Callable[[Worker, T], R], items: Iterable[T]
    ) -> Iterator[tuple[T, R]]:
        """Apply a function to each item on some worker; yields in order of completion.

        No more items are taken than there are workers, so that leaving the loop early wastes
        little; what still runs then is killed with its worker.
        """
        self._start()
        waiting = iter(items)
        running: dict[Future[R], T] = {}
        finished = False
        try:
            while True:
                while len(running) < self._count:
                    try:
                        item = next(waiting)
                    except StopIteration:
                        break
                    running[self._threads.submit(self._borrow, function, item)] = item
                if not running:
                    finished = True
                    return
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield running.pop(future), future.result()
        finally:
            if not finished:
                self._abandon(running)

    def one(self, function: Callable[[Worker], R]) -> R:
        """Apply a function once, on some worker."""
        for _, result in self.map_unordered(lambda worker, _: function(worker), [None]):
            return result
        raise AssertionError("map_unordered yields one result for each item")

    def close(self) -> None:
        """End the workers; whatever still runs is killed."""
        for worker in self._started:
            worker.close()
        self._started.clear()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _start(self) -> None:
        """Create all workers at the first use; they come up at the same time, by themselves."""
        while len(self._started) < self._count:
            worker = self._make_worker()
            self._started.append(worker)
            self._idle.put(worker)

    def _borrow(self, function: Callable[[Worker, T], R], item: T) -> R:
        worker = self._idle.get()
        try:
            return function(worker, item)
        finally:
            self._idle.put(worker)

    def _abandon(self, running: dict[Future[R], T]) -> None:
        """Kill what nobody waits for any more; the next use starts its worker again."""
        for future in running:
            future.cancel()
        if any(not future.done() for future in running):
            for worker in self._started:
                worker.interrupt()
            wait(running)
