"""Locks of a PostgreSQL server that end with the connection that holds them."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from catta.errors import CorpusError, UsageError

_TAKE = text("SELECT pg_try_advisory_lock(:key)")
_RELEASE = text("SELECT pg_advisory_unlock(:key)")
_HOLDER = text(
    "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid) "
    "WHERE locktype = 'advisory' AND granted AND objsubid = 1 "
    "AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND (classid::bigint << 32) | objid::bigint = :key"
)
_ALIVE = text("SELECT 1")


@contextmanager
def exclusive_session(engine: Engine, key: str, what: str) -> Generator[Callable[[], None]]:
    """Hold an advisory lock on a connection of its own for the block.

    The server releases it when the process dies or the connection breaks.

    Yields:
        A function that raises CorpusError if the connection, and with it the lock, was lost.

    Raises:
        UsageError: Another holder has it; the sentence begins with `what`.
    """
    number = _number(key)
    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        connection.detach()  # closing it must end the session, not give it to the next user
        if not connection.execute(_TAKE, {"key": number}).scalar():
            holder = connection.execute(_HOLDER, {"key": number}).scalar() or "another process"
            raise UsageError(f"{what} is being driven by {holder}")
        try:
            yield _checker(connection, what)
        finally:
            # Closing it would do, but the server takes its time to notice.
            with suppress(SQLAlchemyError):
                connection.execute(_RELEASE, {"key": number}).close()
    finally:
        connection.close()


def _checker(connection: Connection, what: str) -> Callable[[], None]:
    guard = threading.Lock()

    def check() -> None:
        try:
            with guard:
                connection.execute(_ALIVE).close()
        except SQLAlchemyError as error:
            raise CorpusError(
                f"{what}: the connection that reserved it was lost, and another process may have "
                "taken it over; nothing of this step was stored; start it again"
            ) from error

    return check


def _number(key: str) -> int:
    """The 64 bits by which the server knows a lock."""
    digest = hashlib.sha256(f"catta {key}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
