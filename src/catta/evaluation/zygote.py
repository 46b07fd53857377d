"""The warm process: torch loaded, data mapped; forks one locked-in child for each job.

Started by `Worker` inside a sandbox as `python -m catta.evaluation.zygote DESCRIPTOR`. It never
runs a candidate's code itself, never looks into what a child sends, and never starts a thread, so
that forking is safe.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from catta.evaluation import wire
from catta.evaluation.child import LOCKED_IN, Output, Perform, run_job
from catta.evaluation.sandbox.confine import forbid_inspection
from catta.evaluation.sandbox.limits import MAX_THREADS, usage
from catta.evaluation.settings import ENDED, NOT_CONFINED, Settings

POLL_SECONDS = 0.05
MAX_REASON = 4_096


class _ParentGoneError(Exception):
    """The worker closed its end: there is nobody left to work for."""


@dataclass(frozen=True, slots=True)
class _Ended:
    """How a child's run ended: by itself, or why it was stopped."""

    failure: str | None = None
    error: str | None = None


class _Relay:
    """Passes on to the worker what a child writes, after the byte by which it says how it is.

    Sending waits until the worker reads, which it does at once.
    """

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self.first = b""
        self.reason = b""
        self.size = 0

    def pass_on(self, data: bytes) -> None:
        """The next bytes of a child."""
        if not self.first:
            self.first, data = data[:1], data[1:]
        if self.first != LOCKED_IN:
            self.reason = (self.reason + data)[:MAX_REASON]
        elif data:
            self.size += len(data)
            wire.send(self._control, wire.DATA + data)


def main() -> None:
    """Serve jobs until the parent closes its end."""
    control = _take_over(int(sys.argv[1]))
    forbid_inspection()
    values, _ = wire.decode(wire.receive(control, wire.MAX_JOB), wire.MAX_JOB_HEADER)
    settings = Settings.from_json(values)
    perform = _load(settings)
    data = _map(settings.data)
    if "norm" in data:  # images are bytes that jobs transform: what that takes is imported once
        import_module("catta.evaluation.transforms.applied")
    # What is there now is never looked at by the collector again: children then share its pages.
    gc.collect()
    gc.freeze()
    wire.send(control, wire.encode({"ready": True}))
    with suppress(EOFError, BrokenPipeError, ConnectionResetError, _ParentGoneError):
        while True:
            message = wire.receive(control, wire.MAX_JOB)
            if message == wire.END:
                continue  # the job had ended before it was to be ended
            job, sent = wire.decode(message, wire.MAX_JOB_HEADER)
            known = {**data, **sent}
            start = partial(run_job, settings, perform, job, known, parent=os.getpid())
            _serve(job, control, lambda writer, start=start: start(writer=writer))


def _take_over(inherited: int) -> socket.socket:
    """The control socket under the lowest free number: a child closes the first few thousand."""
    control = socket.socket(fileno=os.dup(inherited))
    os.close(inherited)
    control.setblocking(True)
    return control


def _load(settings: Settings) -> Perform:
    """Import everything a child needs, so that no child waits for it."""
    # Otherwise a library that asks for a temporary directory tries to write there.
    tempfile.tempdir = "/tmp"  # noqa: S108 - nothing is ever written
    import torch

    module, _, name = settings.perform.partition(":")
    perform: Perform = getattr(import_module(module), name)
    # The first optimizer imports half of torch lazily: do it once, here.
    torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))])

    def with_threads(job: Mapping[str, Any], data: Mapping[str, np.ndarray]) -> Output:
        torch.set_num_threads(settings.threads)  # starts some, so not before the fork
        return perform(job, data)

    return with_threads


def _map(directory: str | None) -> dict[str, np.ndarray]:
    """Arrays of a directory, copy on write: a child that alters them alters its own pages."""
    if directory is None:
        return {}
    paths = sorted(Path(directory).glob("*.npy"))
    return {path.stem: np.load(path, mmap_mode="c", allow_pickle=False) for path in paths}


def _serve(job: Mapping[str, Any], control: socket.socket, start: Callable[[int], None]) -> None:
    """Fork, watch, pass on what the child writes, and answer with how it went."""
    begin = time.monotonic()
    relay = _Relay(control)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        start(writer)
    os.close(writer)
    try:
        deadline = begin + float(job["seconds"])
        ended = _watch(child, reader, relay, control, job, deadline)
    finally:
        os.close(reader)
        status = _kill(child)
    if ended.failure is None:
        ended = _judged(relay, status)
    answer: dict[str, Any] = {"seconds": time.monotonic() - begin, "ending": _ending(status)}
    if ended.failure is not None:
        answer |= {"failure": ended.failure, "error": ended.error}
    wire.send(control, wire.STATUS + wire.encode(answer))


def _watch(
    child: int,
    reader: int,
    relay: _Relay,
    control: socket.socket,
    job: Mapping[str, Any],
    deadline: float,
) -> _Ended:
    """Pass on what the child writes until it closes its end or reaches a limit."""
    baseline = usage(os.getpid()).memory_mb
    memory_mb = int(job["memory_mb"])
    largest = (1 + int(job["parts"])) * wire.MAX_RESULT
    look = 0.0
    while True:
        now = time.monotonic()
        if now >= deadline:
            return _Ended(failure="TIMEOUT", error="the wall-clock limit was reached")
        exited = False
        if now >= look:  # also while data flows: a trickle must not keep us from looking
            look = now + POLL_SECONDS
            exited = _has_exited(child)
            stopped = _over_limits(child, baseline, memory_mb)
            if stopped is not None:
                return stopped
        wait = max(min(deadline, look) - now, 0.0)
        ready, _, _ = select.select([reader, control], [], [], wait)
        if control in ready:
            if wire.receive(control, wire.MAX_HEADER) == wire.END:
                return _Ended(failure=ENDED)
            raise _ParentGoneError  # no worker sends a second job before the first is answered
        if reader in ready:
            chunk = os.read(reader, wire.MAX_PIECE)
            if not chunk:
                return _Ended()
            relay.pass_on(chunk)
            if relay.size > largest:
                return _Ended(failure="CRASHED", error="the result is too large")
        elif exited:  # though another process holds its end of the pipe, which only `none` allows
            return _Ended()


def _has_exited(child: int) -> bool:
    if sys.platform != "linux":
        return False
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _over_limits(child: int, baseline: int, memory_mb: int) -> _Ended | None:
    now = usage(child)
    if now.memory_mb - baseline > memory_mb:
        return _Ended(failure="OUT_OF_MEMORY", error=f"more than {memory_mb} MiB are in use")
    if now.threads > MAX_THREADS:
        return _Ended(failure="CRASHED", error=f"more than {MAX_THREADS} threads")
    return None


def _kill(child: int) -> int:
    """Kill the child and its process group; returns its status."""
    for kill in (os.killpg, os.kill):  # the group is there once the child made it
        with suppress(ProcessLookupError, PermissionError):
            kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return status


def _judged(relay: _Relay, status: int) -> _Ended:
    """A failure if the child could not lock itself in, or wrote nothing after it had."""
    if relay.first != LOCKED_IN:
        reason = relay.reason.decode(errors="replace") or _ending(status)
        return _Ended(failure=NOT_CONFINED, error=reason)
    if relay.size == 0:
        return _Ended(failure="CRASHED", error=_ending(status))
    return _Ended()


def _ending(status: int) -> str:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        name = signal.Signals(number).name if number in set(signal.Signals) else str(number)
        return f"the process was killed by {name}"
    return f"the process ended with status {os.waitstatus_to_exitcode(status)} and no result"


if __name__ == "__main__":
    main()
