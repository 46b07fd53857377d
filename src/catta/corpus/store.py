"""The corpus: one database that holds networks, evaluations and runs."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, ScalarResult, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from catta.corpus import schema
from catta.corpus.candidate_rows import prompt_id
from catta.corpus.engine import BUSY_SECONDS, IN_MEMORY, Connector, make_engine
from catta.corpus.evaluations import Adapters, Evaluations
from catta.corpus.migrate import prepare_file, prepare_memory
from catta.corpus.networks import Networks, source_hash
from catta.corpus.runs import Runs
from catta.errors import CorpusError, UsageError
from catta.records import Prompt

_SAMPLE = 1_000


class Corpus:
    """A corpus; open it with `Corpus.open` and use it as a context manager.

    It may be used by several threads; each has its own transaction.

    Attributes:
        location: Absolute path, or `sqlite://` for one in memory.
        networks: Networks, fingerprints, seed sets.
        evaluations: Evaluations and recipes.
        adapters: What language models have learnt.
        runs: Runs, cycles, candidates.
    """

    def __init__(self, connector: Connector, location: str) -> None:
        self.location = location
        self._connector = connector
        self.networks = Networks(connector)
        self.evaluations = Evaluations(connector)
        self.adapters = Adapters(connector)
        self.runs = Runs(connector, self.adapters, location)

    @classmethod
    def open(
        cls,
        location: str | Path,
        *,
        create: bool = True,
        read_only: bool = False,
        busy_seconds: float = BUSY_SECONDS,
    ) -> Corpus:
        """Open a corpus and bring its schema up to date.

        Args:
            location: Path of a SQLite file, or its URL (`sqlite:///corpus.sqlite`).
            create: Whether to create it, and its directory, if it is not there.
            read_only: Whether to refuse all writing; then nothing is created or migrated either.
            busy_seconds: How long a writer waits for another one.

        Raises:
            UsageError: It is not there and not to be created, or the URL is not one of SQLite.
            CorpusError: It cannot be opened: corrupt, of a newer schema, not writable, no corpus.
                Whatever lies there stays as it was.
        """
        path = _path(location)
        if path is None:
            engine = make_engine(IN_MEMORY)
            prepare_memory(engine)
            return cls(Connector(engine, IN_MEMORY), IN_MEMORY)
        create = create and not read_only
        if not create and not path.exists():
            raise UsageError(f"corpus: {path} does not exist")
        prepare_file(path, create=create, read_only=read_only)
        engine = make_engine(str(path), read_only=read_only, busy_seconds=busy_seconds)
        return cls(Connector(engine, str(path)), str(path))

    @classmethod
    def open_existing_or_empty(cls, location: str | Path) -> Corpus:
        """Open a corpus if it is there, otherwise an empty one in memory; creates no file."""
        path = _path(location)
        return cls.open(IN_MEMORY if path is None or not path.exists() else path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._connector.close()

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Everything stored in the block is committed at its end, or nothing of it.

        A block inside another one belongs to the outer; if it fails, so does the outer.
        """
        with self._connector.transaction():
            yield

    def check_integrity(self) -> list[str]:
        """What is wrong: damage that SQLite finds, dangling references, texts that changed.

        Returns:
            A sentence a problem; empty if all is well. Texts are checked by their hashes, some
            thousand of each table.
        """
        try:
            with self._connector.read() as connection:
                return [
                    *_damage(connection),
                    *_dangling(connection),
                    *_changed_sources(connection),
                    *_changed_prompts(connection),
                ]
        except CorpusError as error:
            return [str(error)]


def _path(location: str | Path) -> Path | None:
    """The file of a location, or None for a corpus in memory."""
    name = str(location)
    if "://" in name:
        try:
            url = make_url(name)
        except ArgumentError as error:
            raise UsageError(f"corpus: {name} is not a database URL") from error
        if url.get_backend_name() != "sqlite":
            raise UsageError(
                f"corpus: {url.get_backend_name()} is not supported; give a path or sqlite:///path"
            )
        name = url.database or ":memory:"
    return None if name == ":memory:" else Path(name).expanduser().resolve()


def _damage(connection: Connection) -> list[str]:
    found = connection.execute(text("PRAGMA integrity_check")).scalars()
    return [line for line in found if line != "ok"]


def _dangling(connection: Connection) -> list[str]:
    rows = connection.execute(text("PRAGMA foreign_key_check"))
    return [f"dangling reference in {row[0]}, row {row[1]}" for row in rows]


def _changed_sources(connection: Connection) -> list[str]:
    table = schema.networks
    ids = _sample(connection.execute(select(table.c.id).order_by(table.c.id)).scalars())
    found: list[str] = []
    for identity in ids:
        row = connection.execute(
            select(table.c.source, table.c.sha256).where(table.c.id == identity)
        ).one()
        if row.sha256 is not None and source_hash(row.source) != row.sha256:
            found.append(f"the source of network {identity} is not the text that was stored")
    return found


def _changed_prompts(connection: Connection) -> list[str]:
    table = schema.prompts
    ids = _sample(connection.execute(select(table.c.id).order_by(table.c.id)).scalars())
    found: list[str] = []
    for identity in ids:
        row = connection.execute(select(table).where(table.c.id == identity)).one()
        if prompt_id(Prompt(text=row.text, prefix=row.prefix)) != identity:
            found.append(f"prompt {identity} is not the text that was stored")
    return found


def _sample(ids: ScalarResult[str]) -> list[str]:
    """Every id of a small table, evenly spaced ones of a large one."""
    every = list(ids)
    return every[:: len(every) // _SAMPLE + 1]
