"""Evaluations on this machine: a few workers, each with a thread that waits for it."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Any, Self, TypeVar

from catta.evaluation import Worker

T = TypeVar("T")
R = TypeVar("R")

_INSIST_SECONDS = 0.1


class LocalExecutor:
    """A pool of workers; a context manager that ends them.

    Nothing is started before it is needed; workers that are needed together start together.

    Args:
        make_worker: Makes a worker that starts its process at its first job.
        workers: How many run at the same time.
    """

    def __init__(self, make_worker: Callable[[], Worker], workers: int) -> None:
        self._make_worker = make_worker
        self._count = workers
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="catta-worker")
        # Last in, first out: work that comes one by one stays with the worker that is warm.
        self._idle: queue.LifoQueue[Worker] = queue.LifoQueue()
        self._workers: list[Worker] = []
        self._running: set[Future[Any]] = set()
        self._closed = False

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

        An item is taken when a worker is free for it, so that leaving the loop early wastes
        little; what still runs then is killed. While the consumer looks at a result, all workers
        are busy with the next items.

        Raises:
            Exception: What the function raised; the other items are given up.
        """
        waiting = iter(items)
        running: dict[Future[R], T] = {}
        finished = False
        try:
            self._refill(running, function, waiting)
            while running:
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                results = [(running.pop(future), self._take(future)) for future in done]
                for item, future in results:
                    self._refill(running, function, waiting)
                    yield item, future.result()
            finished = True
        finally:
            if not finished:
                self._abandon(set(running))

    def one(self, function: Callable[[Worker], R]) -> R:
        """Apply a function once, on some worker."""
        for _, result in self.map_unordered(lambda worker, _: function(worker), [None]):
            return result
        raise AssertionError("map_unordered yields one result for each item")

    def close(self) -> None:
        """End the workers; whatever still runs is killed. A closed executor stays closed."""
        self._closed = True
        self._abandon(set(self._running))
        self._threads.shutdown(wait=True, cancel_futures=True)
        for worker in self._workers:
            worker.close()
        self._workers.clear()

    def _refill(
        self,
        running: dict[Future[R], T],
        function: Callable[[Worker, T], R],
        waiting: Iterator[T],
    ) -> None:
        """Take an item for each worker that is free."""
        if self._closed:
            raise RuntimeError("the executor is closed")
        while len(self._workers) < self._count:
            worker = self._make_worker()
            self._workers.append(worker)
            self._idle.put(worker)
        while len(running) < self._count:
            try:
                item = next(waiting)
            except StopIteration:
                return
            future = self._threads.submit(self._borrow, function, item)
            running[future] = item
            self._running.add(future)

    def _take(self, future: Future[R]) -> Future[R]:
        self._running.discard(future)
        return future

    def _borrow(self, function: Callable[[Worker, T], R], item: T) -> R:
        worker = self._idle.get()
        try:
            return function(worker, item)
        finally:
            self._idle.put(worker)

    def _abandon(self, running: set[Future[Any]]) -> None:
        """Kill what nobody waits for any more; the next use starts its worker again.

        It takes insisting: a job that begins just after an interruption would run to its end.
        """
        for future in running:
            future.cancel()
        waiting = running
        while waiting:
            for worker in self._workers:
                worker.interrupt()
            _, waiting = wait(waiting, timeout=_INSIST_SECONDS)
        self._running -= running
