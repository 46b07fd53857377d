"""The warm process: torch loaded, data mapped; forks one locked-in child for each job.

Started by `Worker` inside a sandbox as `python -m catta.evaluation.zygote SETTINGS`. It never runs
a candidate's code itself and never starts a thread, so that forking is safe.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from catta.evaluation.sandbox.confine import confine
from catta.evaluation.sandbox.limits import resident_mb, set_limits
from catta.evaluation.wire import MAX_ARRAYS, MAX_HEADER, WireError, decode, encode

POLL_SECONDS = 0.05
MAX_RESULT = MAX_HEADER + MAX_ARRAYS
MAX_ERROR = 500

Perform = Callable[[Mapping[str, Any], Mapping[str, np.ndarray]], tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a worker tells its zygote on the command line."""

    control: int
    data: str | None
    threads: int
    perform: str
    confinement: str
    readable: tuple[str, ...]


def main() -> None:
    """Serve jobs until the parent closes its end."""
    values = json.loads(sys.argv[1])
    settings = Settings(**{**values, "readable": tuple(values["readable"])})
    perform = _load(settings)
    data = _map(settings.data)
    control = socket.socket(fileno=settings.control)
    control.setblocking(True)
    control.sendall(encode({"ready": True}))
    while True:
        try:
            job, _ = decode(lambda size: _exactly(control, size))
        except EOFError:
            return
        control.sendall(_serve(job, settings, perform, data))


def _load(settings: Settings) -> Perform:
    """Import everything a child needs, so that no child waits for it."""
    import torch

    torch.set_num_threads(settings.threads)
    module, _, name = settings.perform.partition(":")
    perform = getattr(import_module(module), name)
    # The first optimizer and the first meta tensor import half of torch lazily: do it once, here.
    torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))])
    return perform


def _map(directory: str | None) -> dict[str, np.ndarray]:
    """Arrays of a directory, copy on write: a child that alters them alters its own pages."""
    if directory is None:
        return {}
    return {path.stem: np.load(path, mmap_mode="c") for path in Path(directory).glob("*.npy")}


def _serve(
    job: Mapping[str, Any],
    settings: Settings,
    perform: Perform,
    data: Mapping[str, np.ndarray],
) -> bytes:
    """Fork, watch, and return the frame of the reply."""
    begin = time.monotonic()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _child(job, settings, perform, data, writer)
    os.close(writer)
    deadline = begin + float(job["seconds"])
    result, failure = _watch(child, reader, deadline, int(job["memory_mb"]))
    os.close(reader)
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    seconds = time.monotonic() - begin
    if failure is not None:
        return encode({"failure": failure[0], "error": failure[1], "seconds": seconds})
    return _frame_of(result, status, seconds)


def _frame_of(result: bytes, status: int, seconds: float) -> bytes:
    """The child's own frame if it is one, wrapped with the time; otherwise how it ended."""
    position = 0

    def read(size: int) -> bytes:
        nonlocal position
        if position + size > len(result):
            raise WireError("the result is cut short")
        position += size
        return result[position - size : position]

    if not result:
        return encode({"failure": "CRASHED", "error": _ending(status), "seconds": seconds})
    try:
        header, arrays = decode(read)
        return encode({"reply": header, "seconds": seconds}, arrays)
    except WireError as error:
        return encode(
            {"failure": "CRASHED", "error": f"malformed result: {error}", "seconds": seconds}
        )


def _ending(status: int) -> str:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        name = signal.Signals(number).name if number in set(signal.Signals) else str(number)
        return f"the process was killed by {name}"
    return f"the process ended with status {os.waitstatus_to_exitcode(status)} and no result"


def _watch(
    child: int, reader: int, deadline: float, memory_mb: int
) -> tuple[bytes, tuple[str, str] | None]:
    """Collect the child's result until it closes its end, the deadline, or the memory limit."""
    chunks: list[bytes] = []
    size = 0
    baseline = resident_mb(os.getpid())
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            return b"", ("TIMEOUT", "the wall-clock limit was reached")
        ready, _, _ = select.select([reader], [], [], min(left, POLL_SECONDS))
        if ready:
            chunk = os.read(reader, 1 << 20)
            if not chunk:
                return b"".join(chunks), None
            chunks.append(chunk)
            size += len(chunk)
            if size > MAX_RESULT:
                return b"", ("CRASHED", "the result is too large")
        elif resident_mb(child) - baseline > memory_mb:
            return b"", ("OUT_OF_MEMORY", f"more than {memory_mb} MiB are in use")


def _child(
    job: Mapping[str, Any],
    settings: Settings,
    perform: Perform,
    data: Mapping[str, np.ndarray],
    writer: int,
) -> None:
    """Lock in, do the job, report, end. Never returns."""
    status = 1
    try:
        os.setsid()
        _keep_only(writer)
        set_limits(seconds=float(job["seconds"]), memory_mb=int(job["memory_mb"]))
        confine(settings.confinement, settings.readable)
        try:
            header, arrays = perform(job, data)
            frame = encode({"result": header}, arrays)
        except BaseException as error:  # noqa: BLE001 - the boundary: a candidate may raise anything
            frame = encode(_describe(error))
        _write(writer, frame)
        status = 0
    finally:
        os._exit(status)


def _keep_only(writer: int) -> None:
    """Close what a child must not hold: the parent's socket above all; silence its output."""
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.closerange(3, writer)
    os.closerange(writer + 1, 4_096)


def _describe(error: BaseException) -> dict[str, Any]:
    text = str(error).strip().splitlines()
    first = text[0] if text else ""
    memory = isinstance(error, MemoryError) or "can't allocate memory" in str(error)
    line = _line_of(error)
    where = f" (line {line})" if line else ""
    message = f"{type(error).__name__}: {first}"[:MAX_ERROR] + where
    return {"error": message, "kind": "memory" if memory else "exception"}


def _line_of(error: BaseException) -> int | None:
    """Last line of the candidate's own source in the traceback."""
    line: int | None = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<catta_candidate>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _exactly(control: socket.socket, size: int) -> bytes:
    chunks = bytearray()
    while len(chunks) < size:
        chunk = control.recv(min(size - len(chunks), 1 << 20))
        if not chunk:
            raise EOFError
        chunks += chunk
    return bytes(chunks)


if __name__ == "__main__":
    main()
