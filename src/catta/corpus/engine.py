"""Connections: one writer at a time, one transaction for everything that belongs together."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from catta.corpus.modes import Mode, in_mode
from catta.corpus.postgres import postgres_engine, postgres_reason, reading
from catta.corpus.sqlite import IN_MEMORY, sqlite_engine, sqlite_reason
from catta.errors import CorpusError

__all__ = ["BUSY_SECONDS", "IN_MEMORY", "Connector", "explained", "make_engine"]

BUSY_SECONDS = 30.0
"""How long a writer waits for another one."""


def make_engine(
    location: str,
    *,
    read_only: bool = False,
    foreign_keys: bool = True,
    busy_seconds: float = BUSY_SECONDS,
) -> Engine:
    """An engine for a SQLite file that is there, for `IN_MEMORY`, or for a PostgreSQL server.

    Args:
        location: Path of the file, or the URL with everything it takes to connect.
        read_only: Whether every write fails.
        foreign_keys: Whether SQLite enforces them; a migration checks them at its end instead.
        busy_seconds: How long a writer waits for another one.
    """
    if location.startswith("postgresql"):
        return postgres_engine(make_url(location), read_only=read_only, busy_seconds=busy_seconds)
    return sqlite_engine(
        location, read_only=read_only, foreign_keys=foreign_keys, busy_seconds=busy_seconds
    )


@contextmanager
def explained(location: str) -> Generator[None]:
    """Turn a database failure into one sentence: the one place where this is done."""
    try:
        yield
    except DBAPIError as error:
        raise CorpusError(f"corpus {location}: {_reason(error)}") from error
    except PoolTimeoutError as error:
        raise CorpusError(f"corpus {location}: too many threads use it at once") from error


class _Current(threading.local):
    """The transaction that a thread is in."""

    connection: Connection | None = None
    failed: bool = False


class Connector:
    """Hands out connections; nested transactions of a thread join the outermost.

    Attributes:
        location: What the corpus is called in messages.
        engine: Its engine.
    """

    def __init__(self, engine: Engine, location: str) -> None:
        self.location = location
        self.engine = engine
        self._reader = in_mode(
            reading(engine) if engine.dialect.name == "postgresql" else engine, Mode.READ
        )
        self._writer = in_mode(engine, Mode.WRITE)
        self._current = _Current()
        self._conditions: list[Callable[[], None]] = []

    @contextmanager
    def transaction(self) -> Generator[Connection]:
        """A connection whose work is committed at the end of the outermost block, or not at all.

        Raises:
            CorpusError: The database failed, a nested block failed and somebody went on, or a
                condition of writing does not hold any more.
        """
        current = self._current
        if current.connection is not None:
            try:
                with explained(self.location):
                    yield current.connection
            except BaseException:
                current.failed = True
                raise
            return
        with explained(self.location), self._writer.begin() as connection:
            for condition in tuple(self._conditions):
                condition()
            current.connection, current.failed = connection, False
            try:
                yield connection
                if current.failed:
                    raise CorpusError(
                        f"corpus {self.location}: a part of this step failed; nothing was stored"
                    )
            finally:
                current.connection = None

    @contextmanager
    def read(self) -> Generator[Connection]:
        """A connection that sees one state of the corpus; it waits for no writer.

        In a transaction it sees what that has written.
        """
        if self._current.connection is not None:
            yield self._current.connection
            return
        with explained(self.location), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def on_condition(self, condition: Callable[[], None]) -> Generator[None]:
        """Within the block every transaction first calls this; it raises to prevent it."""
        self._conditions.append(condition)
        try:
            yield
        finally:
            self._conditions.remove(condition)

    def vacuum(self) -> None:
        """Free the space of deleted rows: to the disk, or to the next rows of a server.

        Raises:
            CorpusError: Another process holds the corpus for too long, or the disk is full.
        """
        with explained(self.location), self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                alone = connection.execution_options(isolation_level="AUTOCOMMIT")
                alone.exec_driver_sql("VACUUM ANALYZE")
                return
            raw = connection.connection.driver_connection
            if raw is not None:  # `connection` would begin a transaction, where there is no VACUUM
                try:
                    raw.execute("VACUUM").close()
                except sqlite3.Error as error:
                    reason = sqlite_reason(error) or error
                    raise CorpusError(f"corpus {self.location}: {reason}") from error

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _reason(error: DBAPIError) -> str:
    lines = str(error.orig or error).strip().splitlines()
    said = lines[0] if lines else type(error).__name__
    if isinstance(error, IntegrityError):
        return f"a row does not fit the others ({said}); nothing of this step was stored"
    if hasattr(error.orig, "sqlstate"):
        return _with_detail(postgres_reason(error), said)
    return sqlite_reason(error.orig or error) or said


def _with_detail(sentence: str | None, said: str) -> str:
    """A server's reasons are many: its own words follow ours."""
    return said if sentence is None else f"{sentence} ({said})"
