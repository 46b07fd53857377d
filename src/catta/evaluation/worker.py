"""A worker: the parent's handle on one zygote. It survives whatever a candidate does."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self, cast

import numpy as np

from catta.errors import SandboxError
from catta.evaluation import wire
from catta.evaluation.incoming import Incoming, OnPart
from catta.evaluation.sandbox import (
    PACKAGE,
    VARIABLES,
    Sandbox,
    accelerators,
    files_of_drivers,
    hidden_paths,
    import_roots,
    runtime_paths,
    visible,
)
from catta.evaluation.settings import ENDED, NOT_CONFINED
from catta.records import Outcome

START_SECONDS = 180.0
GRACE_SECONDS = 10.0
MAX_ERROR = 600
DEFAULT_PERFORM = "catta.evaluation.trial:perform"
RUNTIME: Mapping[str, str] = MappingProxyType(
    {
        # Threads that spin make two slower than one beside other processes, and no faster alone.
        "GOMP_SPINCOUNT": "10000",
        # What a job frees stays with its process, which ends with it: giving memory back and taking
        # it again costs a page fault for each 4 KiB, up to a tenth of a training's time.
        # 32 MiB is the most that the C library takes here. Without any maps, the heap may meet them
        # while it grows, and a job then fails for want of memory that it may have.
        "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
        "MALLOC_TRIM_THRESHOLD_": str(1 << 40),
    }
)
"""Settings of the C and OpenMP libraries, which read them when a process starts."""

# Opened by libraries while they run; they tell nothing about the user.
_DEVICES = ("/dev/urandom", "/dev/null", "/proc/self", "/proc/cpuinfo", "/proc/meminfo")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What came back of a job.

    Attributes:
        header: What the job returned; hostile input, like the arrays.
        arrays: Named float32 or int64 arrays.
        failure: How it failed, or None.
        error: One line of printable text, if it failed.
        seconds: Wall-clock time in the child.
        stopped: Whether `on_part` ended the job: no failure, and no result.
    """

    header: Mapping[str, Any] = field(default_factory=dict[str, Any])
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict[str, np.ndarray])
    failure: Outcome | None = None
    error: str | None = None
    seconds: float = 0.0
    stopped: bool = False


class Worker:
    """Runs one job at a time in a sandbox; starts its zygote when it is first needed.

    A context manager: leaving it ends the zygote.

    Args:
        data_dir: Directory of `.npy` files that jobs may read, or None.
        sandbox: How jobs are isolated.
        threads: Threads of a job.
        perform: `module:function` that does a job in the child.
        devices: Device files that jobs may use; default: those of GPUs.

    Attributes:
        starts: How many zygotes were started so far; more than one after something went wrong.
    """

    def __init__(
        self,
        data_dir: Path | None,
        *,
        sandbox: Sandbox,
        threads: int = 1,
        perform: str = DEFAULT_PERFORM,
        devices: Sequence[Path] | None = None,
    ) -> None:
        self._data_dir = data_dir.resolve() if data_dir is not None else None
        self._sandbox = sandbox
        self._threads = threads
        self._perform = perform
        self._devices = accelerators() if devices is None else list(devices)
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._interruptions = 0
        self._lock = threading.Lock()
        self.starts = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def run(
        self,
        job: Mapping[str, Any],
        *,
        seconds: float,
        memory_mb: int,
        arrays: wire.Arrays | None = None,
        on_part: OnPart | None = None,
        parts: int = 0,
    ) -> Reply:
        """Do one job.

        A zygote that dies, which no candidate should be able to bring about, is replaced, and the
        job is tried once more.

        Args:
            job: Plain data for the child.
            seconds: Wall-clock limit.
            memory_mb: Limit of the memory that the job adds, in MiB.
            arrays: Further arrays for the child, beside those of the data directory.
            on_part: Told each part of the result when it comes, in a thread; hostile input. If the
                job is tried once more, the parts come once more. If it returns False, the job is
                killed and no further part is looked at; the worker stays warm.
            parts: How many parts may come.

        Raises:
            SandboxError: The machinery itself failed; never the fault of a candidate.
        """
        try:
            limits = {"seconds": seconds, "memory_mb": memory_mb, "parts": parts}
            message = wire.encode({**job, **limits}, arrays)
        except wire.WireError as error:
            raise SandboxError(f"a job cannot be sent to a worker: {error}") from error
        interruptions = self._interruptions
        for _ in range(2):
            with Incoming(on_part, parts, self._end_job) as incoming:
                reply = self._attempt(message, seconds, incoming)
            if incoming.stopped:
                return Reply(stopped=True, seconds=0.0 if reply is None else reply.seconds)
            if reply is not None:
                return reply
            if interruptions != self._interruptions:
                return Reply(failure=Outcome.CRASHED, error="the job was interrupted")
        return Reply(failure=Outcome.CRASHED, error="the worker died of this job twice")

    @property
    def process_id(self) -> int | None:
        """Id of the zygote's process, which leads a process group; None where none runs."""
        with self._lock:
            return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Start the zygote now instead of at the first job."""
        self._ready()

    def interrupt(self) -> None:
        """Kill the zygote and its child at once; the next job starts another one.

        May be called from any thread.
        """
        self._interruptions += 1
        self._kill()

    def close(self) -> None:
        """End the zygote."""
        self.interrupt()

    def _attempt(self, message: bytes, seconds: float, incoming: Incoming) -> Reply | None:
        """What came of the job, or None if the zygote died."""
        control = self._ready()
        begin = time.monotonic()
        deadline = begin + seconds + GRACE_SECONDS
        try:
            control.settimeout(seconds + GRACE_SECONDS)
            wire.send(control, message)
            while True:
                answer = wire.receive(control, wire.MAX_ANSWER, deadline)
                if answer[:1] == wire.STATUS:
                    status, _ = wire.decode(answer[1:])
                    break
                incoming.take(answer[1:])
        except TimeoutError:
            self._kill()
            elapsed = time.monotonic() - begin
            error = "the worker did not answer within the limit"
            return Reply(failure=Outcome.TIMEOUT, error=error, seconds=elapsed)
        except (EOFError, OSError, wire.WireError):
            self._kill()
            return None
        except BaseException:
            # Ctrl-C: an answer that still comes must not be taken for that of the next job.
            self.interrupt()
            raise
        if status.get("failure") == NOT_CONFINED:
            self._kill()
            reason = _printable(str(status.get("error")))
            raise SandboxError(f"a job could not be isolated in {self._sandbox.name}: {reason}")
        return _reply(status, incoming)

    def _end_job(self) -> None:
        """Ask the zygote to kill its child; one that has none takes no notice."""
        with self._lock:
            control = self._control
        if control is not None:
            with contextlib.suppress(OSError):
                wire.send(control, wire.END)

    def _kill(self) -> None:
        with self._lock:
            process, control = self._process, self._control
            self._process = self._control = None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if control is not None:
            # Wakes a thread that still waits for an answer.
            with contextlib.suppress(OSError):
                control.shutdown(socket.SHUT_RDWR)
            control.close()

    def _ready(self) -> socket.socket:
        with self._lock:
            if self._control is not None and self._process is not None:
                return self._control
        ours, theirs = socket.socketpair()
        with theirs, tempfile.TemporaryFile() as log:
            try:
                process = self._spawn(theirs.fileno(), log.fileno())
            except OSError as error:
                ours.close()
                raise SandboxError(f"a worker could not be started: {error}") from error
            with self._lock:
                self._process, self._control = process, ours
            self.starts += 1
            theirs.close()
            self._greet(ours, log.fileno())
        return ours

    def _greet(self, control: socket.socket, log: int) -> None:
        """Send the settings and wait until the zygote is ready."""
        deadline = time.monotonic() + START_SECONDS
        try:
            control.settimeout(START_SECONDS)
            wire.send(control, wire.encode(self._settings()))
            wire.receive(control, wire.MAX_HEADER, deadline)
        except (EOFError, OSError, wire.WireError) as error:
            self._kill()
            lines = os.pread(log, 1 << 16, 0).decode(errors="replace").strip().splitlines()
            reason = lines[-1] if lines else str(error)
            raise SandboxError(
                f"a worker could not be started in {self._sandbox.name}: {reason}"
            ) from error
        except BaseException:
            self.interrupt()
            raise

    def _paths(self) -> list[Path]:
        """What jobs may read: the runtime without the labels that it ships, and their inputs."""
        shown = visible(runtime_paths(), hidden_paths())
        if self._devices:
            shown += files_of_drivers()
        return shown if self._data_dir is None else [*shown, self._data_dir]

    def _settings(self) -> dict[str, Any]:
        return {
            "data": str(self._data_dir) if self._data_dir else None,
            "threads": self._threads,
            "perform": self._perform,
            "confinement": self._sandbox.confinement,
            "readable": [*map(str, self._paths()), *_DEVICES],
            # Their entries are among the readable ones; Python lists what it imports from.
            "listable": [str(root) for root in runtime_paths()],
            "devices": [str(path) for path in self._devices],
        }

    def _spawn(self, control: int, log: int) -> subprocess.Popen[bytes]:
        python = [sys.executable, "-P", "-m", "catta.evaluation.zygote", str(control)]
        return subprocess.Popen(
            self._sandbox.command(python, self._paths(), self._devices),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            pass_fds=(control,),
            env=_environment(self._threads),
            cwd="/",
            start_new_session=True,  # Ctrl-C in the terminal is not for workers
        )


def _environment(threads: int) -> dict[str, str]:
    """A cleared environment: nothing of the user's, and no more threads than asked for."""
    count = str(threads)
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": "/nonexistent",
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": count,
        "MKL_NUM_THREADS": count,
        **RUNTIME,
        "OPENBLAS_NUM_THREADS": "1",  # OpenBLAS starts its threads before the fork
        "TORCHINDUCTOR_CACHE_DIR": "/tmp",  # noqa: S108 - made when torch is imported, never used
        "PYTHONPATH": os.pathsep.join(_extra_roots()),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONHASHSEED": "0",  # the same network is the same in every worker
        **{name: value for name, value in os.environ.items() if _is_passed_on(name)},
    }


def _is_passed_on(name: str) -> bool:
    if name in VARIABLES:
        return True
    return name.startswith("OPENBLAS_") and name != "OPENBLAS_NUM_THREADS"


def _extra_roots() -> Sequence[str]:
    """Where a fresh interpreter would not look: Catta itself, packages of the user's."""
    prefixes = (sys.prefix, sys.base_prefix, "/usr")
    roots = [PACKAGE.parent, *import_roots()]
    outside = [root for root in roots if not any(root.is_relative_to(p) for p in prefixes)]
    return [str(root) for root in dict.fromkeys(outside)]


def _reply(status: Mapping[str, Any], incoming: Incoming) -> Reply:
    """Judge what the zygote says and what the child wrote; the latter is hostile."""
    seconds = status.get("seconds")
    elapsed = float(seconds) if isinstance(seconds, float) and math.isfinite(seconds) else 0.0
    if status.get("failure") == ENDED:
        return Reply(stopped=True, seconds=elapsed)
    if "failure" in status:
        error = _printable(str(status.get("error")))
        return Reply(failure=Outcome(str(status["failure"])), error=error, seconds=elapsed)
    if incoming.problem is not None:
        error = f"malformed result: {incoming.problem}"
        return Reply(failure=Outcome.CRASHED, error=error, seconds=elapsed)
    if incoming.result is None:
        error = f"malformed result: it is cut short; {_printable(str(status.get('ending')))}"
        return Reply(failure=Outcome.CRASHED, error=error, seconds=elapsed)
    header, arrays = incoming.result
    if "error" in header:
        kind = Outcome.OUT_OF_MEMORY if header.get("kind") == "memory" else Outcome.INVALID
        return Reply(failure=kind, error=_printable(str(header["error"])), seconds=elapsed)
    inner = header.get("result")
    if not isinstance(inner, dict):
        return Reply(failure=Outcome.CRASHED, error="malformed result", seconds=elapsed)
    return Reply(header=cast("dict[str, Any]", inner), arrays=arrays, seconds=elapsed)


def _printable(text: str) -> str:
    """One line without control characters or surrogates: it goes to terminals and databases."""
    line = "".join(c if c.isprintable() else " " for c in text[:MAX_ERROR])
    return line.strip()
