"""A corpus on a PostgreSQL server: connections, transactions, failures in plain words."""

from __future__ import annotations

import os
import socket
import weakref
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, OperationalError

from catta.corpus.modes import Mode, mode_of
from catta.errors import UsageError

_GONE = "the server has gone away; this step was stored whole or not at all"
_BUSY = "another process has held it for too long; nothing of this step was stored"
_REASONS = {
    "08": _GONE,
    "25006": "it was opened for reading, or the server is a read-only copy; it cannot be written",
    "28": "the server does not accept this user or password",
    "3D": "the server has no such database; create it first (createdb)",
    "40P01": _BUSY,
    "42501": "this user may not do that; nothing of this step was stored",
    "53100": "the server's disk is full; nothing of this step was stored",
    "53200": "the server is out of memory; nothing of this step was stored",
    "53300": "the server has too many connections",
    "55P03": _BUSY,
    "57014": "the server cancelled a query; nothing of this step was stored",
    "57P": _GONE,
    "XX001": "the database is damaged; restore a backup",
    "XX002": "the database is damaged; restore a backup",
}

# A server that vanishes without a word is noticed in about a minute, not in two hours.
_PATIENCE = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
}

# The number is the beginning of SHA-256 of "catta writer": the same in every Catta, and nobody's.
_TAKE_WRITER_LOCK = "SELECT pg_advisory_xact_lock(-2134067540130703556)"

# The table stands for the whole schema. LOCK TABLE takes no snapshot, so that a reader who waited
# for a migration sees its result; an advisory lock would show the state from before the wait.
_SCHEMA_STAYS = "LOCK TABLE alembic_version IN ACCESS SHARE MODE"
_SCHEMA_CHANGES = "LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE"
_HAS_SCHEMA = "SELECT to_regclass('alembic_version') IS NOT NULL"

_engines: weakref.WeakSet[Engine] = weakref.WeakSet()
_connections: weakref.WeakSet[Any] = weakref.WeakSet()
_abandoned: list[Any] = []  # not to be collected, which would end the parent's sessions


def postgres_engine(url: URL, *, read_only: bool, busy_seconds: float) -> Engine:
    """An engine for a database on a server; nothing is asked of the server yet.

    Raises:
        UsageError: The driver is not installed.
    """
    try:
        # A stale connection, after a restart of the server, is replaced before it is used.
        engine = create_engine(
            url.update_query_dict({**_defaults(), **url.query}), pool_pre_ping=True
        )
    except ModuleNotFoundError as error:
        raise UsageError(
            "corpus: PostgreSQL needs an extra: pip install 'catta[postgres]'"
        ) from error

    def prepare(connection: DBAPIConnection, record: object) -> None:
        _connections.add(connection)
        cursor = connection.cursor()
        milliseconds = str(max(1, round(busy_seconds * 1_000)))
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", (milliseconds,))
        cursor.close()
        connection.commit()

    _engines.add(engine)
    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", _begin)
    return engine.execution_options(postgresql_readonly=True) if read_only else engine


def reading(engine: Engine) -> Engine:
    """The engine, whose transactions see one state and change nothing."""
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def postgres_reason(error: DBAPIError) -> str | None:
    """Why the server failed, in a sentence, or None where its own message says it best."""
    state = getattr(error.orig, "sqlstate", None) or ""
    for code, sentence in _REASONS.items():
        if state.startswith(code):
            return sentence
    if error.connection_invalidated:
        return _GONE
    if isinstance(error, OperationalError) and not state:  # libpq's own words, of no class
        return "no connection to the server"
    return None


def _defaults() -> dict[str, str]:
    # The name of a connection says who holds a lock; libpq cuts it at 63 bytes.
    return {
        **_PATIENCE,
        "application_name": f"process {os.getpid()} on {socket.gethostname()}",
        "client_encoding": "utf8",
    }


def _begin(connection: Connection) -> None:
    """Take the locks of a mode first of all; `lock_timeout` ends the wait for each."""
    match mode_of(connection):
        case Mode.READ:
            _execute(connection, _SCHEMA_STAYS)
        case Mode.WRITE:
            # One writer at a time, as in SQLite: the store reads before it writes.
            # In one message; each of the two statements still takes what it needs by itself.
            _execute(connection, f"{_TAKE_WRITER_LOCK}; {_SCHEMA_STAYS}")
        case Mode.MIGRATE:
            _execute(connection, _TAKE_WRITER_LOCK)
            if connection.exec_driver_sql(_HAS_SCHEMA).scalar():
                _execute(connection, _SCHEMA_CHANGES)
        case None:
            pass


def _execute(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement).close()


def _let_go() -> None:
    """In a forked child: let go of the sockets, lest a killed parent's locks live on here.

    Their numbers stay taken, by a file that refuses everything: the child's copies of the
    connections must not write into whatever it opens next. It makes new ones if it needs any.
    """
    connections = [c for c in _connections if not c.closed]
    _abandoned.extend(connections)
    if connections:
        nowhere = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        for connection in connections:
            os.dup2(nowhere, connection.fileno(), inheritable=False)
        os.close(nowhere)
    for engine in _engines:
        engine.dispose(close=False)


os.register_at_fork(after_in_child=_let_go)
