"""Where the code of networks, and files that came of it, run: sandboxed workers that stay warm."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from catta.errors import ExportError
from catta.evaluation import Reply, Worker, choose_sandbox
from catta.evaluation.incoming import OnPart
from catta.evaluation.wire import Arrays
from catta.records import Outcome

SECONDS = 600.0
MEMORY_MB = 8_192


class Workplace:
    """One worker for each kind of job, on the data of one recipe at a time.

    A context manager that ends them.

    Args:
        sandbox: Name of a sandbox; see `choose_sandbox`.
        unsafe: Run without isolation if none can be had.
    """

    def __init__(self, *, sandbox: str = "auto", unsafe: bool = False) -> None:
        self._sandbox, self._unsafe = sandbox, unsafe
        self._workers: dict[tuple[str, Path | None], Worker] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end(list(self._workers))

    def run(
        self,
        perform: str,
        job: Mapping[str, Any],
        *,
        inputs: Path | None,
        arrays: Arrays | None = None,
        on_part: OnPart | None = None,
        parts: int = 0,
        seconds: float = SECONDS,
    ) -> Reply:
        """Do one job; what comes back is hostile.

        Args:
            perform: `module:function` that does it.
            job: Plain data.
            inputs: Directory of the dataset's arrays, or None.
            arrays: Weights, or a file.
            on_part: See `Worker.run`.
            parts: See `Worker.run`.
            seconds: Wall-clock limit.

        Raises:
            ExportError: It failed, or its weights or file are too large to be sent.
            SandboxError: The machinery failed.
        """
        reply = self._worker(perform, inputs).run(
            job, seconds=seconds, memory_mb=MEMORY_MB, arrays=arrays, on_part=on_part, parts=parts
        )
        if reply.failure is not None:
            raise ExportError(_reason(reply.failure, reply.error or "", seconds))
        return reply

    def _worker(self, perform: str, inputs: Path | None) -> Worker:
        if (perform, inputs) not in self._workers:
            # Those of the same kind on other data, and all on data that nobody asks for any more.
            self._end([key for key in self._workers if key[1] not in (inputs, None)])
            sandbox = choose_sandbox(self._sandbox, unsafe=self._unsafe)
            self._workers[perform, inputs] = Worker(inputs, sandbox=sandbox, perform=perform)
        return self._workers[perform, inputs]

    def _end(self, keys: list[tuple[str, Path | None]]) -> None:
        for key in keys:
            self._workers.pop(key).close()


def _reason(outcome: Outcome, error: str, seconds: float) -> str:
    match outcome:
        case Outcome.TIMEOUT:
            return f"it took longer than {seconds:.0f} s"
        case Outcome.OUT_OF_MEMORY:
            return f"it takes more than {MEMORY_MB} MiB of memory"
        case _:
            return error
