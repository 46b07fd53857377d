"""A worker: the parent's handle on one zygote. It survives whatever a candidate does."""

from __future__ import annotations

import json
import math
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from catta.errors import SandboxError
from catta.evaluation.sandbox import Sandbox, runtime_paths
from catta.evaluation.wire import WireError, decode, encode
from catta.records import Outcome

START_SECONDS = 180.0
GRACE_SECONDS = 5.0
DEFAULT_PERFORM = "catta.evaluation.trial:perform"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What came back of a job.

    Attributes:
        header: What the job returned; hostile input, like the arrays.
        arrays: Named float32 or int64 arrays.
        failure: How it failed, or None.
        error: One sentence, if it failed.
        seconds: Wall-clock time in the child.
    """

    header: Mapping[str, Any] = field(default_factory=dict[str, Any])
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict[str, np.ndarray])
    failure: Outcome | None = None
    error: str | None = None
    seconds: float = 0.0


class Worker:
    """Runs one job at a time in a sandbox; starts its zygote when it is first needed.

    Args:
        data_dir: Directory of `.npy` files that jobs may read, or None.
        sandbox: How jobs are isolated.
        threads: Threads of a job.
        perform: `module:function` that does a job in the child.
    """

    def __init__(
        self,
        data_dir: Path | None,
        *,
        sandbox: Sandbox,
        threads: int = 1,
        perform: str = DEFAULT_PERFORM,
    ) -> None:
        self._data_dir = data_dir
        self._sandbox = sandbox
        self._threads = threads
        self._perform = perform
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._lock = threading.Lock()

    def run(self, job: Mapping[str, Any], *, seconds: float, memory_mb: int) -> Reply:
        """Do one job.

        Args:
            job: Plain data for the child.
            seconds: Wall-clock limit.
            memory_mb: Limit of the memory that the job adds, in MiB.

        Raises:
            SandboxError: The machinery itself failed; never the fault of a candidate.
        """
        control = self._ready()
        begin = time.monotonic()
        message = {**job, "seconds": seconds, "memory_mb": memory_mb}
        try:
            control.settimeout(seconds + GRACE_SECONDS)
            control.sendall(encode(message))
            deadline = begin + seconds + GRACE_SECONDS
            header, arrays = decode(lambda size: _exactly(control, size, deadline))
        except TimeoutError:
            self.interrupt()
            error, failure = "the worker did not answer within the limit", Outcome.TIMEOUT
        except (EOFError, OSError, WireError) as problem:
            self.interrupt()
            error, failure = f"the worker died: {problem}", Outcome.CRASHED
        else:
            return _reply(header, arrays)
        return Reply(failure=failure, error=error, seconds=time.monotonic() - begin)

    def start(self) -> None:
        """Start the zygote now instead of at the first job."""
        self._ready()

    def interrupt(self) -> None:
        """Kill the zygote and its child at once; the next job starts another one."""
        with self._lock:
            process, control = self._process, self._control
            self._process = self._control = None
        if process is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if control is not None:
            # Wakes a thread that still waits for an answer.
            with suppress(OSError):
                control.shutdown(socket.SHUT_RDWR)
            control.close()

    def close(self) -> None:
        """End the zygote."""
        self.interrupt()

    def _ready(self) -> socket.socket:
        with self._lock:
            if self._control is not None and self._process is not None:
                return self._control
        ours, theirs = socket.socketpair()
        with theirs, tempfile.TemporaryFile() as log:
            process = self._spawn(theirs, log.fileno())
            with self._lock:
                self._process, self._control = process, ours
            ours.settimeout(START_SECONDS)
            theirs.close()
            deadline = time.monotonic() + START_SECONDS
            try:
                decode(lambda size: _exactly(ours, size, deadline))
            except (EOFError, OSError, WireError) as error:
                self.interrupt()
                log.seek(0)
                lines = log.read().decode(errors="replace").strip().splitlines()
                reason = lines[-1] if lines else str(error)
                raise SandboxError(
                    f"a worker could not be started in {self._sandbox.name}: {reason}"
                ) from error
        return ours

    def _spawn(self, control: socket.socket, log: int) -> subprocess.Popen[bytes]:
        paths = runtime_paths()
        if self._data_dir is not None:
            paths.append(self._data_dir)
        settings = {
            "control": control.fileno(),
            "data": str(self._data_dir) if self._data_dir else None,
            "threads": self._threads,
            "perform": self._perform,
            "confinement": self._sandbox.confinement,
            "readable": [*map(str, paths), "/dev/urandom", "/dev/null", "/proc/self"],
        }
        python = [sys.executable, "-I", "-m", "catta.evaluation.zygote", json.dumps(settings)]
        try:
            return subprocess.Popen(
                self._sandbox.command(python, paths),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                pass_fds=(control.fileno(),),
                env=_environment(self._threads),
                start_new_session=True,  # Ctrl-C in the terminal is not for workers
            )
        except OSError as error:
            raise SandboxError(f"a worker could not be started: {error}") from error


def _environment(threads: int) -> dict[str, str]:
    """A cleared environment: nothing of the user's, and no more threads than asked for."""
    count = str(threads)
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": "/nonexistent",
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": count,
        "MKL_NUM_THREADS": count,
        "OPENBLAS_NUM_THREADS": count,
        "PYTHONDONTWRITEBYTECODE": "1",
        **{
            k: v
            for k, v in os.environ.items()
            if k.startswith("OPENBLAS_") and k[9:] != "NUM_THREADS"
        },
    }


def _exactly(control: socket.socket, size: int, deadline: float) -> bytes:
    chunks = bytearray()
    while len(chunks) < size:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        control.settimeout(left)
        chunk = control.recv(min(size - len(chunks), 1 << 20))
        if not chunk:
            raise EOFError("it closed its end")
        chunks += chunk
    return bytes(chunks)


def _reply(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Reply:
    seconds = header.get("seconds")
    elapsed = float(seconds) if isinstance(seconds, float) and math.isfinite(seconds) else 0.0
    if "failure" in header:
        failure = Outcome(str(header["failure"]))
        return Reply(failure=failure, error=str(header.get("error")), seconds=elapsed)
    inner = header.get("reply")
    if not isinstance(inner, dict):
        return Reply(failure=Outcome.CRASHED, error="malformed result", seconds=elapsed)
    if "error" in inner:
        kind = Outcome.OUT_OF_MEMORY if inner.get("kind") == "memory" else Outcome.INVALID
        return Reply(failure=kind, error=str(inner["error"])[:600], seconds=elapsed)
    result = inner.get("result")
    if not isinstance(result, dict):
        return Reply(failure=Outcome.CRASHED, error="malformed result", seconds=elapsed)
    return Reply(header=result, arrays=arrays, seconds=elapsed)
