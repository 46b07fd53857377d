"""What the corpus holds, for looking at: figures, lists, one network, any question in SQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError

from catta.corpus import schema
from catta.corpus.migrate import HEAD
from catta.corpus.registry import check_origin
from catta.corpus.store import Corpus
from catta.errors import UsageError

_READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, 33}
"""What a query may do; 33 is a recursive SELECT, which the module has no name for."""

_NOT_AUTHORIZED = "not authorized"
"""What SQLite says where `_judge` said no."""

_READ_ONLY = "25006"
"""What PostgreSQL calls a statement that would write in a transaction that only reads."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """The rows that a question in SQL has for an answer, and the names of their columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def describe(corpus: Corpus) -> dict[str, Any]:
    """Figures of a corpus, its imports, its inspections, and its problems with their trials."""
    with corpus.trials.reading() as connection:
        size, inspected = _size(connection), _inspected(connection)
    return {
        "location": corpus.location,
        "schema": HEAD,  # an older one is not opened, a newer one neither
        "size_bytes": size,
        "networks": corpus.networks.count(),
        **corpus.trials.figures(),
        "inspected": inspected,
        "imports": corpus.trials.imports(),
        "problems": corpus.trials.problems(),
    }


def list_networks(
    corpus: Corpus,
    *,
    origin: str | None = None,
    family: str | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Networks by name: name, id, origin, licence, family, pretrained, number of trials.

    Raises:
        UsageError: There is no such origin, or no network of the family.
    """
    check_origin(origin)
    networks, traits = schema.networks, schema.traits
    subjects, trials = schema.subjects, schema.trials
    counts = (
        select(subjects.c.network_id, func.count().label("trials"))
        .join(trials, trials.c.subject_id == subjects.c.id)
        .group_by(subjects.c.network_id)
        .subquery()
    )
    query = (
        select(
            networks.c.name,
            networks.c.id,
            networks.c.origin,
            networks.c.licence,
            traits.c.family,
            traits.c.pretrained,
            func.coalesce(counts.c.trials, 0).label("trials"),
        )
        .outerjoin(traits, traits.c.network_id == networks.c.id)
        .outerjoin(counts, counts.c.network_id == networks.c.id)
        .order_by(networks.c.name, networks.c.id)
        .limit(limit)
    )
    if origin is not None:
        query = query.where(networks.c.origin == origin)
    if family is not None:
        query = query.where(traits.c.family == family)
    with corpus.trials.reading() as connection:
        if family is not None:
            _check_family(connection, family)
        return [dict(row) for row in connection.execute(query).mappings()]


def show_network(corpus: Corpus, key: str) -> dict[str, Any]:
    """All about the network with this id, name or alias.

    Raises:
        UsageError: There is none.
    """
    network = corpus.networks.get(key)
    if network is None:
        raise UsageError(f"{key} is no name or id of a network in the corpus {corpus.location}")
    traits = corpus.trials.traits(network.id)
    return {
        **asdict(network),
        "aliases": corpus.networks.aliases(network.id),
        "traits": None if traits is None else asdict(traits),
        "inspections": [asdict(found) for found in corpus.inspections.of(network.id)],
        "trials": _trials_of(corpus, network.id),
    }


def ask(corpus: Corpus, statement: str) -> Answer:
    """The answer to one SELECT statement; the connection refuses all else.

    Args:
        corpus: Opened read-only.
        statement: SQL of the user's own.

    Raises:
        UsageError: The statement is wrong, or not one that only reads.
    """
    with corpus.trials.reading() as connection, _only_reading(connection):
        try:
            result = connection.exec_driver_sql(statement)
            if not result.returns_rows:
                raise UsageError("query: the statement returns no rows; it has to be a SELECT")
            rows = tuple(tuple(map(_shown, row)) for row in result)
        except DBAPIError as error:
            raise UsageError(f"query: {_reason(error)}") from error
        except sqlite3.Warning as error:  # several statements; an error from Python 3.12 on
            raise UsageError(f"query: {_first_line(error)}") from error
    return Answer(columns=tuple(result.keys()), rows=rows)


def _size(connection: Connection) -> int:
    """Bytes that the database takes up."""
    if connection.dialect.name == "postgresql":
        query = "SELECT pg_database_size(current_database())"
        return int(connection.exec_driver_sql(query).scalar_one())
    pages, bytes_each = (
        int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
        for name in ("page_count", "page_size")
    )
    return pages * bytes_each


def _inspected(connection: Connection) -> dict[str, int]:
    """How many inspections ended so, by outcome, most frequent first."""
    outcome = schema.inspections.c.outcome
    query = select(outcome, func.count()).group_by(outcome).order_by(func.count().desc(), outcome)
    return {row[0]: row[1] for row in connection.execute(query)}


def _check_family(connection: Connection, family: str) -> None:
    """Raise UsageError where no network is of the family; a name in other case is proposed."""
    known = set(connection.execute(select(schema.traits.c.family).distinct()).scalars())
    if family in known:
        return
    alike = sorted(name for name in known if name.casefold() == family.casefold())
    proposed = f"; there is {' and '.join(alike)}" if alike else ""
    raise UsageError(f"family: no network is of the family {family!r}{proposed}")


def _trials_of(corpus: Corpus, network_id: str) -> list[dict[str, Any]]:
    """Trials of a network by name and problem: how many, the best accuracy, the last epoch."""
    subjects, problems, trials = schema.subjects.c, schema.problems.c, schema.trials.c
    keys: Sequence[Any] = (subjects.name, problems.task, problems.dataset, problems.metric)
    query = (
        select(
            *keys,
            func.count().label("trials"),
            func.max(trials.accuracy).label("best"),
            func.max(trials.epoch).label("epochs"),
        )
        .select_from(schema.trials)
        .join(schema.subjects, subjects.id == trials.subject_id)
        .join(schema.problems, problems.id == trials.problem_id)
        .where(subjects.network_id == network_id)
        .group_by(*keys)
        .order_by(*keys)
    )
    with corpus.trials.reading() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


@contextmanager
def _only_reading(connection: Connection) -> Generator[None]:
    """Have SQLite refuse everything but SELECT: no pragma, no other file is attached."""
    raw = connection.connection.driver_connection
    if not isinstance(raw, sqlite3.Connection):
        yield  # a server's transaction is read-only, and it has no other file to attach
        return
    raw.set_authorizer(_judge)
    try:
        yield
    finally:
        raw.set_authorizer(None)


def _judge(action: int, *_: object) -> int:
    return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY


def _shown(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else value


def _reason(error: DBAPIError) -> str:
    said = _first_line(error.orig)
    refused = getattr(error.orig, "sqlstate", None) == _READ_ONLY or said == _NOT_AUTHORIZED
    if refused:
        return "the corpus is open for reading only; the statement has to be a SELECT"
    return said


def _first_line(error: BaseException | None) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else "the database refused the statement"
