"""The corpus: one database that holds networks, evaluations and runs."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from catta.corpus.edge import Edge
from catta.corpus.engine import BUSY_SECONDS, IN_MEMORY, Connector, make_engine
from catta.corpus.evaluations import Adapters, Evaluations
from catta.corpus.graphs import Graphs
from catta.corpus.inspections import Inspections
from catta.corpus.location import Location, locate
from catta.corpus.migrate import holds_corpus, prepare_file, prepare_memory, prepare_server
from catta.corpus.networks import Networks
from catta.corpus.problems import find_problems
from catta.corpus.runs import Runs
from catta.corpus.signatures import Signatures
from catta.corpus.trials import Trials
from catta.errors import CorpusError, UsageError


class Corpus:
    """A corpus; open it with `Corpus.open` and use it as a context manager.

    It may be used by several threads; each has its own transaction.

    Attributes:
        location: Absolute path, `sqlite://` for one in memory, or URL without its password.
        networks: Networks, fingerprints, seed sets.
        signatures: MinHash signatures, for how alike networks are.
        evaluations: Evaluations and recipes.
        inspections: Static facts of networks.
        graphs: Traced graphs of networks.
        edge: Files that networks became, and measurements of running them.
        adapters: What language models have learnt.
        trials: Published trials, and what came with them.
        runs: Runs, cycles, candidates.
    """

    def __init__(self, connector: Connector, place: Location, *, read_only: bool = False) -> None:
        self.location = place.name
        self._place = place
        self._read_only = read_only
        self._connector = connector
        self.networks = Networks(connector)
        self.signatures = Signatures(connector)
        self.evaluations = Evaluations(connector)
        self.inspections = Inspections(connector)
        self.graphs = Graphs(connector)
        self.edge = Edge(connector)
        self.adapters = Adapters(connector)
        self.trials = Trials(connector)
        self.runs = Runs(connector, self.adapters, place)

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
            location: Path of a SQLite file, its URL (`sqlite:///corpus.sqlite`), or the URL of a
                PostgreSQL database (`postgresql+psycopg://user@host/database`), which must exist.
            create: Whether to create it, and its directory or its tables, if it is not there.
            read_only: Whether to refuse all writing; then nothing is created or migrated either.
            busy_seconds: How long a writer waits for another one.

        Raises:
            UsageError: It is not there and not to be created, or the URL is of another database.
            CorpusError: It cannot be opened: corrupt, of a newer schema, not writable, no corpus,
                no server. Whatever lies there stays as it was.
        """
        place = locate(location)
        create = create and not read_only
        if place.url is not None:
            return _open_server(place, create=create, read_only=read_only, busy=busy_seconds)
        if place.path is None:
            engine = make_engine(IN_MEMORY)
            prepare_memory(engine)
            return cls(Connector(engine, IN_MEMORY), place)
        if not create and not place.path.exists():
            raise UsageError(f"corpus: {place.path} does not exist")
        prepare_file(place.path, create=create, read_only=read_only)
        engine = make_engine(place.name, read_only=read_only, busy_seconds=busy_seconds)
        return cls(Connector(engine, place.name), place, read_only=read_only)

    @classmethod
    def open_existing_or_empty(cls, location: str | Path) -> Corpus:
        """Open a corpus if it is there, otherwise an empty one in memory; creates nothing."""
        return cls.open(location if _is_there(locate(location)) else IN_MEMORY)

    @property
    def connector(self) -> Connector:
        """Its connections, for the parts of Catta that read and write whole tables."""
        return self._connector

    @contextmanager
    def writable(self, *, busy_seconds: float = BUSY_SECONDS) -> Generator[Corpus]:
        """This corpus for writing, also where it was opened read-only.

        Args:
            busy_seconds: How long to wait for another writer, in the latter case.

        Raises:
            CorpusError: It cannot be written.
        """
        if not self._read_only:
            yield self
            return
        with Corpus.open(self._place.target, create=False, busy_seconds=busy_seconds) as opened:
            yield opened

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

    def check_integrity(self, *, sample: int | None = 1_000) -> list[str]:
        """What is wrong: damage, dangling references, texts that changed.

        Args:
            sample: Check about this many texts of each table by their hashes; None checks all of
                them, and all JSON.

        Returns:
            A sentence a problem; empty if all is well.
        """
        try:
            with self._connector.read() as connection:
                return find_problems(connection, sample=sample)
        except CorpusError as error:
            return [str(error)]


def _open_server(place: Location, *, create: bool, read_only: bool, busy: float) -> Corpus:
    engine = make_engine(place.target, read_only=read_only, busy_seconds=busy)
    try:
        prepare_server(engine, place.name, create=create, read_only=read_only)
    except BaseException:
        engine.dispose()
        raise
    return Corpus(Connector(engine, place.name), place, read_only=read_only)


def _is_there(place: Location) -> bool:
    if place.url is None:
        return place.path is not None and place.path.exists()
    engine = make_engine(place.target, read_only=True)
    try:
        return holds_corpus(engine, place.name)
    finally:
        engine.dispose()
