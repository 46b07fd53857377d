"""What a database plans its queries by: how many rows there are, and how they differ."""

from __future__ import annotations

from sqlalchemy import DDL, Connection, column, delete, table

from catta.corpus import schema

_IMPORTED = (
    schema.trials,
    schema.subjects,
    schema.parameter_sets,
    schema.problems,
    schema.modules,
    schema.traits,
    schema.device_measurements,
)
"""What stays as large as imports made it."""

_FIGURES = table("sqlite_stat1", column("tbl"))


def analyze(connection: Connection) -> None:
    """Collect figures about the tables; on SQLite only about those that imports alone fill.

    A server collects them again by itself. SQLite does not: of a table that had few rows when it
    was looked at, and has millions now, it would read every row. Of one that it knows nothing
    about it expects many rows, and uses the indexes.
    """
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql("ANALYZE")
        return
    for imported in _IMPORTED:
        connection.execute(DDL("ANALYZE %(fullname)s").against(imported))
    names = [imported.name for imported in _IMPORTED]
    connection.execute(delete(_FIGURES).where(_FIGURES.c.tbl.not_in(names)))
