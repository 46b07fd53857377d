"""A corpus in a SQLite file, or in memory: connections, transactions, failures in plain words."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool, StaticPool

from catta.corpus.modes import Mode, mode_of
from catta.errors import CorpusError

IN_MEMORY = "sqlite://"

_MAGIC = b"SQLite format 3\x00"

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


def sqlite_engine(
    location: str, *, read_only: bool, foreign_keys: bool, busy_seconds: float
) -> Engine:
    """An engine for a file that is there, or for `IN_MEMORY`; see `engine.make_engine`."""
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


def sqlite_reason(error: BaseException) -> str | None:
    """Why SQLite failed, in a sentence, or None where its own message says it best."""
    name = str(getattr(error, "sqlite_errorname", ""))
    for code, sentence in _REASONS.items():
        if name.startswith(code):
            return sentence
    return None


def _begin(connection: Connection) -> None:
    """A writer takes the lock at once: what it read before taking it could be stale."""
    writes = mode_of(connection) in (Mode.WRITE, Mode.MIGRATE)
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
