"""Schema versions: ordered migrations, each in one transaction."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, inspect, text

from catta.corpus.engine import explained
from catta.errors import CorpusError

HEAD = "0001"
"""The newest revision; a test holds it against the migration scripts."""

_VERSION_TABLE = "alembic_version"


def current(engine: Engine, location: str) -> str | None:
    """Schema revision of a database, or None if it has none yet."""
    with explained(location), engine.connect() as connection:
        if not inspect(connection).has_table(_VERSION_TABLE):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(engine: Engine, location: str) -> None:
    """Bring a database to the newest schema; does nothing, and loads nothing, if it is there.

    Raises:
        CorpusError: It was written by a newer Catta, or is not a corpus.
    """
    found = current(engine, location)
    if found == HEAD:
        return
    if found is None:
        with explained(location), engine.connect() as connection:
            if inspect(connection).get_table_names():
                raise CorpusError(f"corpus: {location} is a database of something else")
    elif found > HEAD:
        raise CorpusError(
            f"corpus: {location} has schema {found}, newer than this Catta knows ({HEAD}); "
            "upgrade Catta"
        )
    _run(engine, location)


def _run(engine: Engine, location: str) -> None:
    # Alembic takes a third of a second to import and is only needed here.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with explained(location), engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
