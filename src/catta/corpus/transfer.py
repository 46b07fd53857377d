"""Moving a corpus to another database, and backing it up while others use it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Integer, Table, func, select

from catta.corpus.drafts import draft_of, publish
from catta.corpus.engine import make_engine
from catta.corpus.location import Location, locate
from catta.corpus.planning import analyze
from catta.corpus.schema import metadata
from catta.corpus.sqlite import sqlite_reason
from catta.corpus.store import Corpus
from catta.errors import CorpusError, Interrupted, UsageError

_BATCH = 5_000


@dataclass(frozen=True, kw_only=True, slots=True)
class CopyReport:
    """What was copied.

    Attributes:
        source: Location of the corpus that was read, without a password.
        target: Location of the one that was filled.
        rows: How many rows there are now, by table.
    """

    source: str
    target: str
    rows: dict[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class BackupReport:
    """What was backed up.

    Attributes:
        source: Location of the corpus, without a password.
        path: The file that now holds what the corpus held.
        size: Its size in bytes.
    """

    source: str
    path: Path
    size: int


def _never() -> bool:
    return False


def _ignore(done: int, total: int) -> None:
    pass


def copy_corpus(
    source: str | Path,
    target: str | Path,
    *,
    progress: Callable[[int, int], None] = _ignore,
    stop: Callable[[], bool] = _never,
) -> CopyReport:
    """Copy a corpus, as it is at one moment, into one that is empty or not there.

    It is one transaction at the target: whatever happens, the target has everything or nothing.

    Args:
        source: Path or URL of the corpus; nothing is changed there.
        target: Path or URL; it is created, or its tables are, if need be.
        progress: Is told how many rows are done, of how many.
        stop: Whether to give up; asked between batches.

    Raises:
        UsageError: The source is not there, both are the same, or the target is not empty.
        CorpusError: One of them failed, or the source's schema is older.
        Interrupted: `stop` said so.
    """
    _tell_apart(locate(source), locate(target))
    with Corpus.open(source, create=False, read_only=True) as old, Corpus.open(target) as new:
        rows = _copy(old, new, progress, stop)
        return CopyReport(source=old.location, target=new.location, rows=rows)


def backup_corpus(
    source: str | Path,
    path: Path,
    *,
    progress: Callable[[int, int], None] = _ignore,
    stop: Callable[[], bool] = _never,
) -> BackupReport:
    """Write what a corpus holds at one moment into a new SQLite file; writers are not kept waiting.

    Args:
        source: Path or URL of the corpus.
        path: The file; it appears when it is whole.
        progress: Is told how many rows are done, of how many; not for a corpus that is a file.
        stop: Whether to give up; not asked for a corpus that is a file.

    Raises:
        UsageError: The corpus or the directory is not there, or the file is there already.
        CorpusError: The corpus or the disk failed.
        Interrupted: `stop` said so.
    """
    place, path = locate(source), path.expanduser().absolute()

    def write(draft: Path) -> None:
        if place.url is not None:
            copy_corpus(source, draft, progress=progress, stop=stop)
        elif place.path is None:
            raise UsageError("backup: a corpus in memory has nothing to back up")
        else:
            Corpus.open(place.path, create=False, read_only=True).close()  # says what is wrong
            _copy_file(place.path, draft)

    _publish(path, write)
    return BackupReport(source=place.name, path=path, size=path.stat().st_size)


def copy_file(source: Path, path: Path) -> None:
    """Write what a SQLite file of any schema holds at one moment into a new one.

    Args:
        source: The file; writers are not kept waiting.
        path: The file to be; it appears when it is whole.

    Raises:
        UsageError: It is there already, or its directory is not.
        CorpusError: The source is damaged, or the disk failed.
    """
    _publish(path, lambda draft: _copy_file(source, draft))


def _publish(path: Path, write: Callable[[Path], None]) -> None:
    """Have a file written under another name, and give it its own when it is whole."""
    if path.exists():
        raise UsageError(f"backup: {path} exists already; name a new file")
    if not path.parent.is_dir():
        raise UsageError(f"backup: there is no directory {path.parent}")
    try:
        with draft_of(path) as draft:
            write(draft)
            _flush(draft)
            if not publish(draft, path):
                raise UsageError(f"backup: {path} exists already; name a new file")
    except OSError as error:
        raise CorpusError(f"backup {path}: it cannot be written ({error.strerror})") from error


def _tell_apart(source: Location, target: Location) -> None:
    """Raise UsageError where both are the same place; a corpus in memory is another each time."""
    same = source.url == target.url if source.url is not None else source.path == target.path
    if source.path is not None and target.path is not None and target.path.exists():
        same = source.path.exists() and source.path.samefile(target.path)
    if same and not (source.path is None and source.url is None):
        raise UsageError(f"copy: both are the same corpus, {source.name}; name another target")


def _copy(
    old: Corpus, new: Corpus, progress: Callable[[int, int], None], stop: Callable[[], bool]
) -> dict[str, int]:
    tables = metadata.sorted_tables
    with old.connector.read() as reader, new.connector.transaction() as writer:
        filled = [table.name for table in tables if _count(writer, table)]
        if filled:
            raise UsageError(f"copy: {new.location} is not empty (it has {', '.join(filled)})")
        counts = {table.name: _count(reader, table) for table in tables}
        total, done = sum(counts.values()), 0
        for table in tables:
            # The reader's transaction holds a whole batch of one table at a time.
            query = select(table).execution_options(yield_per=_BATCH)
            for batch in reader.execute(query).mappings().partitions():
                if stop():
                    raise Interrupted(f"Stopped; {new.location} is as it was.")
                writer.execute(table.insert(), [dict(row) for row in batch])
                done += len(batch)
                progress(done, total)
            _check_count(writer, table, counts[table.name])
        _finish(writer)
    return counts


def _check_count(writer: Connection, table: Table, expected: int) -> None:
    found = _count(writer, table)
    if found != expected:
        raise CorpusError(
            f"copy: {table.name} has {expected} rows but {found} arrived; nothing was stored"
        )


def _finish(writer: Connection) -> None:
    """Let a server number on where the copied rows end; collect what query planners need."""
    if writer.dialect.name == "postgresql":
        for table in metadata.sorted_tables:
            key = table.autoincrement_column
            if key is not None and isinstance(key.type, Integer):
                sequence = func.pg_get_serial_sequence(table.name, key.name)
                highest = select(func.max(key)).scalar_subquery()
                writer.execute(select(func.setval(sequence, highest)).where(highest.is_not(None)))
    analyze(writer)


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _copy_file(source: Path, draft: Path) -> None:
    engine = make_engine(str(source), read_only=True)
    try:
        with engine.connect() as connection, closing(sqlite3.connect(draft)) as copy:
            raw = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)  # noqa: S101 - tells the type
            raw.backup(copy)  # in one step: another one's commit would start it anew
            found = copy.execute("PRAGMA quick_check").fetchone()
            if found != ("ok",):
                raise CorpusError(f"corpus {source}: it is damaged ({found[0]})")
    except sqlite3.Error as error:
        raise CorpusError(f"backup of {source}: {sqlite_reason(error) or error}") from error
    finally:
        engine.dispose()


def _flush(path: Path) -> None:
    """See that the file is on the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
