"""Schema versions: ordered migrations, each in one transaction; a new corpus appears when whole."""

from __future__ import annotations

import shlex
from pathlib import Path

from sqlalchemy import Connection, Engine, column, inspect, select, table, text

from catta.corpus.drafts import draft_of, publish
from catta.corpus.engine import IN_MEMORY, explained, make_engine
from catta.corpus.location import Location
from catta.corpus.modes import Mode, in_mode
from catta.corpus.sqlite import check_file
from catta.errors import CorpusError, UsageError

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008")
"""All schema versions, oldest first; a test holds them against the migration scripts."""

HEAD = REVISIONS[-1]

_VERSION = table("alembic_version", column("version_num"))
_OURS = {"networks", "candidates"}


def prepare_file(path: Path, *, create: bool, read_only: bool) -> None:
    """Have a corpus of the newest schema at a path.

    Alembic is loaded, and the file written, only when there is something to migrate.

    Raises:
        CorpusError: What lies there is no corpus, or corrupt, or of a newer schema, or cannot be
            written; it stays as it was.
    """
    if create and not path.exists():
        _create(path)
    found = schema_version(Location(name=str(path), path=path))
    if found == HEAD:
        return
    if read_only:
        raise _older(str(path), found)
    upgrade(path)


def prepare_server(engine: Engine, location: str, *, create: bool, read_only: bool) -> None:
    """Have a corpus of the newest schema in a database on a server.

    Args:
        engine: Connects to the database.
        location: What it is called in messages.
        create: Whether to make the tables in an empty database.
        read_only: Whether to leave an older schema as it is.

    Raises:
        UsageError: The database is empty, and the tables are not to be made.
        CorpusError: It holds something else, or a newer schema, or cannot be reached or written;
            it stays as it was.
    """
    with explained(location), engine.connect() as connection:
        encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
    if encoding != "UTF8":
        raise CorpusError(f"corpus {location}: the database must have the encoding UTF8")
    found = _version(engine, location)
    if found == HEAD:
        return
    if found is None and not create:
        raise UsageError(f"corpus: {location} holds no corpus")
    if read_only:
        raise _older(location, found)
    upgrade_server(engine, location)


def schema_version(place: Location) -> str | None:
    """Schema version of the corpus at a place; None if there is nothing in the database.

    Raises:
        CorpusError: What is there is no corpus, corrupt, or of a newer schema.
    """
    if place.path is not None:
        check_file(place.path)
    engine = make_engine(place.target, read_only=True)
    try:
        return _version(engine, place.name)
    finally:
        engine.dispose()


def upgrade_server(engine: Engine, location: str, target: str = HEAD) -> None:
    """Migrate a database on a server, empty or of an earlier schema, one transaction a step.

    Two processes that do it at once wait for each other; readers wait too, and see the result.
    """
    _steps(engine, location, target)


def holds_corpus(engine: Engine, location: str) -> bool:
    """Whether a database on a server holds anything; CorpusError if that is something else."""
    return _version(engine, location) is not None


def prepare_memory(engine: Engine) -> None:
    """Make the tables of a corpus that lives in memory."""
    _steps(engine, IN_MEMORY, HEAD)


def upgrade(path: Path, target: str = HEAD, *, name: Path | None = None) -> None:
    """Migrate the file at a path, empty or of an earlier schema, one transaction a step.

    Args:
        path: The file.
        target: Schema version to stop at.
        name: What the file will be called, for error messages.
    """
    location = str(name or path)
    engine = make_engine(str(path), foreign_keys=False)
    try:
        with explained(location), engine.connect() as connection:
            raw = connection.connection.driver_connection
            if raw is not None:  # outside of a transaction, which `connection` would begin
                raw.execute("PRAGMA journal_mode = WAL").close()
        _steps(engine, location, target)
    finally:
        engine.dispose()


def _version(engine: Engine, location: str) -> str | None:
    """Schema version of the database, or None if it is empty."""
    with explained(location), engine.connect() as connection:
        tables = set(inspect(connection).get_table_names())
        found = _read_version(connection) if _VERSION.name in tables else None
    if not tables:
        return None
    if not tables >= _OURS or found is None:
        raise CorpusError(f"corpus {location}: it is a database of something else")
    if found not in REVISIONS:
        raise CorpusError(
            f"corpus {location}: its schema {found} is newer than this Catta knows ({HEAD}); "
            "upgrade Catta"
        )
    return found


def _older(location: str, found: str | None) -> CorpusError:
    where = "URL" if "://" in location else shlex.quote(location)  # a URL is shown without password
    return CorpusError(
        f"corpus {location}: its schema {found} is older than this Catta's ({HEAD}); "
        f"upgrade it: catta corpus upgrade --corpus {where}"
    )


def _create(path: Path) -> None:
    """Make the corpus under another name; if two processes do it at once, the first one counts."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CorpusError(
            f"corpus {path}: its directory cannot be created ({error.strerror})"
        ) from error
    try:
        with draft_of(path) as draft:
            upgrade(draft, name=path)
            publish(draft, path)
    except OSError as error:
        raise CorpusError(f"corpus {path}: it cannot be created ({error.strerror})") from error


def _steps(engine: Engine, location: str, target: str) -> None:
    # Alembic takes a fifth of a second to import and is only needed here.
    from alembic import command
    from alembic.config import Config

    config = Config()
    scripts = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", scripts.replace("%", "%%"))
    writer = in_mode(engine, Mode.MIGRATE)
    for step in REVISIONS[: REVISIONS.index(target) + 1]:
        with explained(location), writer.begin() as connection:
            if _at_least(connection, step):  # it was, or another process has just done it
                continue
            config.attributes["connection"] = connection
            command.upgrade(config, step)
            if _dangling(connection):
                raise CorpusError(
                    f"corpus {location}: it holds dangling references and cannot be migrated"
                )


def _dangling(connection: Connection) -> bool:
    if connection.dialect.name != "sqlite":  # the others enforced the references all along
        return False
    return connection.execute(text("PRAGMA foreign_key_check")).first() is not None


def _at_least(connection: Connection, step: str) -> bool:
    if not inspect(connection).has_table(_VERSION.name):
        return False
    found = _read_version(connection)
    return found is not None and found >= step


def _read_version(connection: Connection) -> str | None:
    return connection.execute(select(_VERSION.c.version_num)).scalar()
