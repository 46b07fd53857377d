"""Connections: one writer at a time, one transaction for everything that belongs together."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.pool import QueuePool, StaticPool

from catta.errors import CorpusError

BUSY_SECONDS = 30.0
"""How long a writer waits for another one."""

IN_MEMORY = "sqlite://"

_MAGIC = b"SQLite format 3\x00"
_WRITES = "catta_writes"

_REASONS = {
    "SQLITE_FULL": "the disk is full; nothing of the last step was stored",
    "SQLITE_BUSY": "another process has held it for too long; nothing of this step was stored",
    "SQLITE_LOCKED": "another process has held it for too long; nothing of this step was stored",
    "SQLITE_IOERR": "the disk failed or is full; nothing of the last step was stored",
    "SQLITE_CORRUPT": "the file is corrupt; restore a backup",
    "SQLITE_NOTADB": "the file is not a SQLite database or is corrupt; restore a backup",
    "SQLITE_READONLY": "the file cannot be written",
    "SQLITE_CANTOPEN": "the file cannot be opened or created",
}


def make_engine(
    location: str,
    *,
    read_only: bool = False,
    foreign_keys: bool = True,
    busy_seconds: float = BUSY_SECONDS,
) -> Engine:
    """An engine for a SQLite file that is there, or for `IN_MEMORY`.

    Args:
        location: Path of the file.
        read_only: Whether every write fails.
        foreign_keys: Whether to enforce them; a migration checks them at its end instead.
        busy_seconds: How long a writer waits for another one.
    """
    name = ":memory:" if location == IN_MEMORY else _uri(Path(location))

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            name, uri=True, timeout=busy_seconds, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA synchronous = NORMAL")
        if foreign_keys:
            connection.execute("PRAGMA foreign_keys = ON")
        if read_only:  # not SQLite's own mode, which leaves the files of the log behind
            connection.execute("PRAGMA query_only = ON")
        return connection

    pool = StaticPool if location == IN_MEMORY else QueuePool
    engine = create_engine(IN_MEMORY, creator=connect, poolclass=pool)
    event.listen(engine, "begin", _begin)
    return engine


def check_file(path: Path) -> None:
    """Raise CorpusError if what lies at a path is not a whole SQLite database."""
    if path.is_dir():
        raise CorpusError(f"corpus {path}: it is a directory, not a file")
    try:
        with path.open("rb") as file:
            header = file.read(100)
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise CorpusError(f"corpus {path}: it cannot be read ({error.strerror})") from error
    if not header:
        return
    if not header.startswith(_MAGIC):
        raise CorpusError(f"corpus {path}: it is not a corpus (not a SQLite database)")
    log = path.with_name(f"{path.name}-wal")
    if size < _stated_size(header) and not (log.exists() and log.stat().st_size):
        raise CorpusError(f"corpus {path}: the file is truncated; restore a backup")


@contextmanager
def explained(location: str) -> Generator[None]:
    """Turn a database failure into one sentence: the one place where this is done."""
    try:
        yield
    except DBAPIError as error:
        raise CorpusError(f"corpus {location}: {_reason(error)}") from error


class _Current(threading.local):
    """The transaction that a thread is in."""

    connection: Connection | None = None
    failed: bool = False


class Connector:
    """Hands out connections; nested transactions of a thread join the outermost."""

    def __init__(self, engine: Engine, location: str) -> None:
        self._engine = engine
        self._writer = engine.execution_options(**{_WRITES: True})
        self._location = location
        self._current = _Current()

    @contextmanager
    def transaction(self) -> Generator[Connection]:
        """A connection whose work is committed at the end of the outermost block, or not at all.

        Raises:
            CorpusError: The database failed, or a nested block failed and somebody went on.
        """
        current = self._current
        if current.connection is not None:
            try:
                yield current.connection
            except BaseException:
                current.failed = True
                raise
            return
        with explained(self._location), self._writer.begin() as connection:
            current.connection, current.failed = connection, False
            try:
                yield connection
                if current.failed:
                    raise CorpusError(
                        f"corpus {self._location}: a part of this step failed; nothing was stored"
                    )
            finally:
                current.connection = None

    @contextmanager
    def read(self) -> Generator[Connection]:
        """A connection that sees one state of the corpus; it waits for nobody.

        In a transaction it sees what that has written.
        """
        if self._current.connection is not None:
            yield self._current.connection
            return
        with explained(self._location), self._engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _begin(connection: Connection) -> None:
    """A writer takes the lock at once: what it read before taking it could be stale."""
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _uri(path: Path) -> str:
    """SQLite's name of a file that is there; immutable on a read-only disk: no lock there."""
    log = path.with_name(f"{path.name}-wal")
    mode = "rw" if os.access(path.parent, os.W_OK) or log.exists() else "ro&immutable=1"
    return f"file:{quote(str(path))}?mode={mode}"


def _stated_size(header: bytes) -> int:
    """Size in bytes that a database's first page claims, 0 where it does not say."""
    if len(header) < 100 or header[24:28] != header[92:96]:
        return 0
    page = int.from_bytes(header[16:18], "big")
    return (65_536 if page == 1 else page) * int.from_bytes(header[28:32], "big")


def _reason(error: DBAPIError) -> str:
    if isinstance(error, IntegrityError):
        return f"a row does not fit the others ({error.orig}); nothing of this step was stored"
    name = str(getattr(error.orig, "sqlite_errorname", ""))
    for code, sentence in _REASONS.items():
        if name.startswith(code):
            return sentence
    lines = str(error.orig or error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
