"""Locks between processes that die with their holder, whatever kills it."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from catta.errors import CorpusError, UsageError

_held: set[str] = set()
_guard = threading.Lock()


@contextmanager
def exclusive(path: Path, what: str) -> Generator[None]:
    """Hold a lock file for the block.

    It is a POSIX record lock, which belongs to the process: a forked worker that outlives a killed
    driver does not keep it, as it would keep a `flock`. Within the process a set takes its place.

    Raises:
        UsageError: Another holder has it; the sentence begins with `what`.
    """
    key = str(path)
    with _guard:
        if key in _held:
            raise UsageError(f"{what} is being driven by process {os.getpid()}")
        file = _lock(path, what)
        _held.add(key)
    try:
        yield
    finally:
        with _guard:
            _held.discard(key)
            path.unlink(missing_ok=True)
            file.close()


def _lock(path: Path, what: str) -> IO[str]:
    while True:
        try:
            file = path.open("a+")
        except OSError as error:
            raise CorpusError(f"{what}: {path} cannot be written ({error.strerror})") from error
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            holder = file.read().strip() or "another"
            file.close()
            raise UsageError(f"{what} is being driven by process {holder}") from error
        if _is_at(file, path):
            break
        file.close()  # its last holder removed it between our opening and locking it
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def _is_at(file: IO[str], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
