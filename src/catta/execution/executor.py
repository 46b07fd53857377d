"""Where evaluations run: the protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from catta.evaluation import Worker

T = TypeVar("T")
R = TypeVar("R")


class Executor(Protocol):
    """Runs functions on sandboxed workers."""

    def map_unordered(
        self, function: Callable[[Worker, T], R], items: Iterable[T]
    ) -> Iterator[tuple[T, R]]:
        """Apply a function to each item on some worker; yields in order of completion."""
        ...

    def one(self, function: Callable[[Worker], R]) -> R:
        """Apply a function once, on some worker."""
        ...

    def close(self) -> None:
        """End the workers; whatever still runs is killed."""
        ...
