"""What is wrong with a corpus: each problem is one sentence."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable
from typing import Any

from sqlalchemy import Column, Connection, Row, Table, Text, cast, func, inspect, select, text
from sqlalchemy.schema import ForeignKeyConstraint

from catta.corpus import schema
from catta.corpus.candidate_rows import prompt_id
from catta.corpus.columns import Data
from catta.corpus.graphs import decoded
from catta.corpus.networks import CHUNK, source_hash
from catta.records import Prompt

_JSON_TEXTS = (schema.parameter_sets.c.prm,)
"""Columns of type text that hold JSON."""


def find_problems(connection: Connection, *, sample: int | None = None) -> list[str]:
    """Look for damage, a schema that is not whole, dangling references, bad JSON, graphs, texts.

    Args:
        connection: In a transaction; it sees one state of the corpus.
        sample: Check at most about this many texts of each table, evenly spaced, and no JSON;
            None checks everything.

    Returns:
        A sentence a problem, on one line each; empty if all is well.
    """
    incomplete = [*_missing(connection)]
    if incomplete:  # the other checks would only fail on it
        return incomplete
    checks: list[Iterable[str]] = [
        _damage(connection),
        _dangling(connection),
        _altered_networks(connection, sample),
        _altered_prompts(connection, sample),
        _altered_modules(connection),
    ]
    if sample is None:
        checks += [_bad_json(connection), _bad_graphs(connection)]
    return [" ".join(problem.split()) for check in checks for problem in check]


def _missing(connection: Connection) -> Generator[str]:
    found = inspect(connection)
    tables = set(found.get_table_names())
    for table in schema.metadata.sorted_tables:
        if table.name not in tables:
            yield f"the table {table.name} is missing"
            continue
        columns = {column["name"] for column in found.get_columns(table.name)}
        for column in table.columns:
            if column.name not in columns:
                yield f"the table {table.name} lacks the column {column.name}"


def _damage(connection: Connection) -> Generator[str]:
    """What SQLite's own check says; a server checks its pages as it reads them."""
    if connection.dialect.name == "sqlite":
        found = connection.execute(text("PRAGMA integrity_check")).scalars()
        yield from (line for line in found if line != "ok")


def _dangling(connection: Connection) -> Generator[str]:
    for table in schema.metadata.sorted_tables:
        for constraint in sorted(table.foreign_key_constraints, key=lambda c: list(c.column_keys)):
            count = connection.execute(_orphans(table, constraint)).scalar_one()
            if count:
                columns = ", ".join(constraint.column_keys)
                yield (
                    f"dangling reference in {table.name}: {count} rows whose {columns} is not in "
                    f"{constraint.referred_table.name}"
                )


def _orphans(table: Table, constraint: ForeignKeyConstraint) -> Any:
    """How many rows refer to a row that is not there."""
    pairs = [(element.parent, element.column) for element in constraint.elements]
    parent = select(1).where(*[there == here for here, there in pairs])
    return (
        select(func.count())
        .select_from(table)
        .where(*[here.is_not(None) for here, _ in pairs])
        .where(~parent.correlate(table).exists())
    )


def _altered_networks(connection: Connection, sample: int | None) -> Generator[str]:
    for row in _rows(connection, schema.networks, sample):
        if row.sha256 is not None and source_hash(row.source) != row.sha256:
            yield f"the source of network {row.id} is not the text that was stored"


def _altered_prompts(connection: Connection, sample: int | None) -> Generator[str]:
    for row in _rows(connection, schema.prompts, sample):
        if prompt_id(Prompt(text=row.text, prefix=row.prefix)) != row.id:
            yield f"prompt {row.id} is not the text that was stored"


def _altered_modules(connection: Connection) -> Generator[str]:
    for row in connection.execute(select(schema.modules)):
        if source_hash(row.source) != row.sha256:
            yield f"the source of {row.kind} {row.name} is not the text that was stored"


def _rows(connection: Connection, table: Table, sample: int | None) -> Generator[Row[Any]]:
    """Every row of a small table, evenly spaced ones of a large one."""
    ids = list(connection.execute(select(table.c.id).order_by(table.c.id)).scalars())
    step = 1 if sample is None else len(ids) // sample + 1
    chosen = ids[::step]
    for start in range(0, len(chosen), CHUNK):
        query = select(table).where(table.c.id.in_(chosen[start : start + CHUNK]))
        yield from connection.execute(query.order_by(table.c.id))


def _bad_json(connection: Connection) -> Generator[str]:
    for table in schema.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, Data) or column in _JSON_TEXTS:
                yield from _bad_values(connection, table, column)


def _bad_values(connection: Connection, table: Table, column: Column[Any]) -> Generator[str]:
    keys = [key.label(f"key_{number}") for number, key in enumerate(table.primary_key)]
    # As text: the type of the column would fail on the first bad value.
    query = select(*keys, cast(column, Text).label("written")).order_by(*table.primary_key)
    with connection.execution_options(yield_per=CHUNK).execute(query) as rows:
        for row in rows:
            if row.written is not None and not _is_json(row.written):
                key = "/".join(map(str, row[:-1]))
                yield f"{column.name} of {table.name} {key} is not JSON"


def _bad_graphs(connection: Connection) -> Generator[str]:
    table = schema.graphs
    query = select(table).where(table.c.content.is_not(None)).order_by(*table.primary_key)
    with connection.execution_options(yield_per=CHUNK).execute(query) as rows:
        for row in rows:
            try:
                decoded(row.content)
            except ValueError as error:
                yield f"the graph of network {row.network_id} for {row.task} is damaged: {error}"


def _is_json(written: str) -> bool:
    try:
        json.loads(written, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(constant: str) -> None:
    """JSON has no NaN and no Infinity."""
    raise ValueError(constant)
