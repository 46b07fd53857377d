"""Connections: one writer at a time, one transaction for everything that belongs together."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from catta.errors import CorpusError

BUSY_SECONDS = 30.0
_SQLITE_MAGIC = b"SQLite format 3\x00"


def is_url(location: str) -> bool:
    """Whether a location is a database URL rather than a path."""
    return "://" in location


def make_engine(location: str) -> Engine:
    """An engine for a path (SQLite) or a database URL.

    Raises:
        CorpusError: The file is no SQLite database, or the URL is not usable.
    """
    if is_url(location):
        try:
            engine = create_engine(make_url(location))
        except (SQLAlchemyError, ImportError) as error:
            raise CorpusError(f"corpus: {location} is not a usable database URL") from error
        if engine.dialect.name != "sqlite":
            return engine
    else:
        check_file(Path(location))
        engine = create_engine(f"sqlite:///{location}", poolclass=NullPool)
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def check_file(path: Path) -> None:
    """Raise CorpusError if something that is no SQLite database lies at a path."""
    if path.is_dir():
        raise CorpusError(f"corpus: {path} is a directory, not a file")
    try:
        with path.open("rb") as file:
            beginning = file.read(len(_SQLITE_MAGIC))
    except FileNotFoundError:
        return
    except OSError as error:
        raise CorpusError(f"corpus: {path} cannot be read ({error.strerror})") from error
    if beginning not in (b"", _SQLITE_MAGIC):
        raise CorpusError(f"corpus: {path} is not a corpus (not a SQLite database)")


@contextmanager
def explained(location: str) -> Iterator[None]:
    """Turn a database failure into one sentence: the one place where this is done."""
    try:
        yield
    except DBAPIError as error:
        raise CorpusError(f"corpus {location}: {_reason(error)}") from error


class Connector:
    """Hands out the connection of the running transaction; nested calls join it."""

    def __init__(self, engine: Engine, location: str) -> None:
        self._engine = engine
        self._location = location
        self._current: Connection | None = None

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection whose work is committed at the end of the outermost block, or not at all."""
        if self._current is not None:
            yield self._current
            return
        with explained(self._location), self._engine.begin() as connection:
            self._current = connection
            try:
                yield connection
            finally:
                self._current = None

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _configure(connection: Any, record: object) -> None:
    """Every connection: WAL, foreign keys, patience; transactions begin when we say so."""
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    """Take the write lock first: a transaction that only later wants it could find it stale."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _reason(error: DBAPIError) -> str:
    text = str(error.orig or error).strip()
    lowered = text.lower()
    known = {
        "disk is full": "the disk is full; nothing of the last step was stored",
        "disk i/o error": "the disk failed or is full; nothing of the last step was stored",
        "is locked": f"another process has held the corpus for {BUSY_SECONDS:.0f} s",
        "malformed": "the file is corrupt; restore a backup",
        "not a database": "the file is corrupt or no SQLite database; restore a backup",
        "readonly": "the file cannot be written",
        "unable to open": "the file cannot be opened or created",
    }
    for sign, sentence in known.items():
        if sign in lowered:
            return sentence
    return text.splitlines()[0] if text else type(error).__name__
