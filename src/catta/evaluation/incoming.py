"""What a child writes, taken apart while it comes: parts for whom they are meant, then the result.

All of it is hostile. Parts are looked at in a thread of their own: a zygote that is not read from
cannot watch its child.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self, cast

import numpy as np

from catta.evaluation import wire

OnPart = Callable[[Mapping[str, Any], Mapping[str, np.ndarray]], bool | None]
"""Is told a part of a result: a header and arrays; False ends the job."""


class Incoming:
    """The messages of one job; a context manager that waits until all parts were looked at.

    Attributes:
        problem: What was wrong with the bytes, if something was.
        stopped: Whether the job was ended because of a part.
    """

    def __init__(self, on_part: OnPart | None, most: int, end_job: Callable[[], None]) -> None:
        """Pass at most `most` parts to `on_part`, in their order, or end the job if it says so."""
        self._on_part = on_part
        self._most = most
        self._end_job = end_job
        self._frames = wire.Frames()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="catta-parts")
        self._looking: list[Future[None]] = []
        self.problem: str | None = None
        self.stopped = False
        self._result: tuple[dict[str, Any], dict[str, np.ndarray]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._thread.shutdown(wait=True, cancel_futures=kind is not None)
        if kind is None:
            for one in self._looking:
                one.result()

    def take(self, data: bytes) -> None:
        """Take the next bytes; once something was wrong, the rest is thrown away."""
        if self.problem is not None:
            return
        try:
            for message in self._frames.feed(data):
                self._accept(message)
        except wire.WireError as error:
            self.problem = str(error)

    def _accept(self, message: bytes) -> None:
        header, arrays = wire.decode(message)
        if self._result is not None:
            raise wire.WireError("something comes after the result")
        if "part" not in header:
            self._result = header, arrays
            return
        part = header["part"]
        if not isinstance(part, dict):
            raise wire.WireError("a part has no header")
        if self._on_part is None or len(self._looking) >= self._most:
            raise wire.WireError("more parts come than were asked for")
        known = cast("dict[str, Any]", part)
        self._looking.append(self._thread.submit(self._look, self._on_part, known, arrays))

    def _look(
        self, on_part: OnPart, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
    ) -> None:
        if self.stopped:
            return
        try:
            self.stopped = on_part(header, arrays) is False
        except BaseException:
            self._end_job()  # nobody waits for the result of what failed here
            raise
        if self.stopped:
            self._end_job()

    @property
    def result(self) -> tuple[dict[str, Any], dict[str, np.ndarray]] | None:
        """The last message, if it has come and nothing is left over."""
        return None if self._frames.left else self._result
