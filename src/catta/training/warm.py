"""A worker that stays warm from one training to the next."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from catta.errors import Interrupted, UsageError
from catta.evaluation import Worker, choose_sandbox
from catta.processes import usable_cpus

MOST_THREADS = 128
"""Half of what a sandbox lets a job have, for torch starts others beside those of a computation."""


class WarmWorker:
    """One worker for trainings one after the other; a context manager that ends it.

    Trainings on the same data find torch loaded and the data mapped; other data need another
    zygote.

    Args:
        sandbox: Name of a sandbox; see `choose_sandbox`.
        unsafe: Run without isolation if none can be had.
        threads: Threads of a training; default: one a processor.

    Attributes:
        interrupted: Whether `interrupt` was called: what a training came to then says nothing.

    Raises:
        UsageError: That many threads cannot be had.
    """

    def __init__(
        self, *, sandbox: str = "auto", unsafe: bool = False, threads: int | None = None
    ) -> None:
        self._sandbox, self._unsafe = sandbox, unsafe
        if threads is not None and not 1 <= threads <= MOST_THREADS:
            raise UsageError(f"threads must be 1 to {MOST_THREADS}, not {threads}")
        self._threads = threads or min(usable_cpus(), MOST_THREADS)
        self._worker: Worker | None = None
        self._inputs: Path | None = None
        self.interrupted = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end()

    def of(self, inputs: Path) -> Worker:
        """The worker that has these inputs.

        Raises:
            SandboxError: No sandbox can be had.
        """
        if self._worker is None or self._inputs != inputs:
            self._end()
            sandbox = choose_sandbox(self._sandbox, unsafe=self._unsafe)
            self._worker = Worker(inputs, sandbox=sandbox, threads=self._threads)
            self._inputs = inputs
        return self._worker

    def interrupt(self) -> None:
        """Kill what runs, whose `train` then raises Interrupted. May be called from any thread."""
        self.interrupted = True
        self._end()

    def check(self) -> None:
        """Raise Interrupted if `interrupt` was called."""
        if self.interrupted:
            raise Interrupted("the training was interrupted")

    def _end(self) -> None:
        if self._worker is not None:
            self._worker.interrupt()
