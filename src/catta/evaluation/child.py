"""The forked child of a zygote: locks itself in, does one job, reports, ends."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Mapping
from typing import Any, NoReturn, cast

import numpy as np

from catta.evaluation import wire
from catta.evaluation.sandbox.confine import confine, die_with
from catta.evaluation.sandbox.limits import offer_to_oom_killer, set_limits
from catta.evaluation.settings import Settings

MAX_ERROR = 500
# First byte of what a child writes. It is written before any hostile code runs, so that no
# candidate can make its own failure look like ours.
LOCKED_IN, NOT_LOCKED_IN = b"L", b"N"
CANDIDATE_FILE = "<catta_candidate>"
_LAST_DESCRIPTOR = 4_096
_OUT_OF_MEMORY = ("can't allocate memory", "DefaultCPUAllocator", "CUDA out of memory")

Result = tuple[Any, Any]
"""A header of plain data, and arrays."""

Output = Result | Generator[Result, None, Result]
"""A result, or what yields parts of it as they are there and returns the rest."""

Perform = Callable[[Mapping[str, Any], Mapping[str, np.ndarray]], Output]
"""Does a job."""


def run_job(
    settings: Settings,
    perform: Perform,
    job: Mapping[str, Any],
    data: Mapping[str, np.ndarray],
    *,
    writer: int,
    parent: int,
) -> NoReturn:
    """Do a job in this process, which was forked for it.

    Args:
        settings: How to lock in.
        perform: Does the job; it may run hostile code and raise anything.
        job: What to do, with the limits `seconds` and `memory_mb`.
        data: Arrays that the job may use.
        writer: Descriptor that is written to: `LOCKED_IN`, then messages behind their lengths, any
            number with a `part`, and a last one with `result`, or with `error` and its `kind`
            (`memory` or `exception`); `NOT_LOCKED_IN` and the reason where the locks could not be
            put on.
        parent: Process id of the zygote, with which this process ends.
    """
    status = 1
    try:
        try:
            _lock_in(settings, job, writer, parent)
        except OSError as error:
            _write(writer, NOT_LOCKED_IN + str(error).encode(errors="replace"))
            os._exit(status)
        _write(writer, LOCKED_IN)
        try:
            message = _perform(perform, job, data, writer)
        except BaseException as error:  # noqa: BLE001 - the boundary: a candidate may raise anything
            message = wire.encode(_describe(error))
        _write(writer, wire.framed(message))
        status = 0
    finally:
        os._exit(status)


def _perform(
    perform: Perform, job: Mapping[str, Any], data: Mapping[str, np.ndarray], writer: int
) -> bytes:
    """Do the job, write its parts as they come; returns the message with the result."""
    outcome = perform(job, data)
    if isinstance(outcome, Generator):
        parts = outcome
        while True:
            try:
                header, arrays = next(parts)
            except StopIteration as end:
                outcome = cast("Result", end.value)
                break
            _write(writer, wire.framed(wire.encode({"part": header}, arrays)))
    header, arrays = outcome
    return wire.encode({"result": header}, arrays)


def _lock_in(settings: Settings, job: Mapping[str, Any], writer: int, parent: int) -> None:
    os.setsid()
    die_with(parent)
    _keep_only(writer)
    offer_to_oom_killer()
    # Compilers write files; only where there is no sandbox at all may a job have them do so.
    writes = settings.confinement == "none" and job.get("writes") is True
    set_limits(seconds=float(job["seconds"]), memory_mb=int(job["memory_mb"]), writes=writes)
    confine(
        settings.confinement,
        readable=settings.readable,
        listable=settings.listable,
        devices=settings.devices,
    )


def _keep_only(writer: int) -> None:
    """Close what a child must not hold: the parent's socket above all; silence its output."""
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.closerange(3, writer)
    os.closerange(writer + 1, _LAST_DESCRIPTOR)


def _describe(error: BaseException) -> dict[str, Any]:
    text = str(error).strip().splitlines()
    first = text[0] if text else ""
    memory = isinstance(error, MemoryError) or any(sign in str(error) for sign in _OUT_OF_MEMORY)
    line = _line_of(error)
    where = f" (line {line})" if line else ""
    name = type(error).__name__
    message = (f"{name}: {first}" if first else name)[:MAX_ERROR] + where
    return {"error": message, "kind": "memory" if memory else "exception"}


def _line_of(error: BaseException) -> int | None:
    """Last line of the candidate's own source in the traceback."""
    line: int | None = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == CANDIDATE_FILE:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
