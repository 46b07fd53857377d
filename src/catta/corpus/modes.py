"""What a transaction is for; each kind of database begins it in its own way."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Connection, Engine

_OPTION = "catta_mode"


class Mode(StrEnum):
    """What a transaction is for."""

    READ = "read"
    """See one state of the corpus; wait for no writer."""

    WRITE = "write"
    """Be the only writer from the beginning on: what was read before that could be stale."""

    MIGRATE = "migrate"
    """Change the schema: there is no other writer, and no reader where readers would notice."""


def in_mode(engine: Engine, mode: Mode) -> Engine:
    """The engine, whose transactions are of this mode."""
    return engine.execution_options(**{_OPTION: mode})


def mode_of(connection: Connection) -> Mode | None:
    """What a transaction of this connection is for, if its engine says so."""
    return connection.get_execution_options().get(_OPTION)
