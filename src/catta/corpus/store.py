"""The corpus: one database that holds networks, evaluations and runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import text

from catta.corpus.engine import Connector, explained, is_url, make_engine
from catta.corpus.evaluations import Adapters, Evaluations
from catta.corpus.migrate import upgrade
from catta.corpus.networks import Networks
from catta.corpus.runs import Runs
from catta.errors import CorpusError, UsageError

IN_MEMORY = "sqlite://"


class Corpus:
    """A corpus; open it with `Corpus.open` and use it as a context manager.

    Attributes:
        location: Path or URL.
        networks: Networks, fingerprints, seed sets.
        evaluations: Evaluations and recipes.
        adapters: What language models have learnt.
        runs: Runs, cycles, candidates.
    """

    def __init__(self, location: str) -> None:
        self.location = location
        engine = make_engine(location)
        upgrade(engine, location)
        self._connector = Connector(engine, location)
        self.networks = Networks(self._connector)
        self.evaluations = Evaluations(self._connector)
        self.adapters = Adapters(self._connector)
        self.runs = Runs(self._connector, self.adapters, location)

    @classmethod
    def open(cls, location: str | Path, *, create: bool = True) -> Corpus:
        """Open a corpus and bring its schema up to date.

        Args:
            location: Path of a SQLite file, or a database URL.
            create: Whether to create it, and its directory, if it is not there.

        Raises:
            UsageError: It is not there, and `create` is false.
            CorpusError: It cannot be opened: corrupt, of a newer schema, not writable.
        """
        name = str(location)
        if not is_url(name):
            path = Path(name)
            if not path.exists():
                if not create:
                    raise UsageError(f"corpus: {path} does not exist")
                try:
                    path.parent.mkdir(parents=True, exist_ok=True)
                except OSError as error:
                    raise CorpusError(
                        f"corpus: {path.parent} cannot be created ({error.strerror})"
                    ) from error
        return cls(name)

    @classmethod
    def open_existing_or_empty(cls, location: str | Path) -> Corpus:
        """Open a corpus if it is there, otherwise an empty one in memory; writes no file."""
        name = str(location)
        return cls.open(name if is_url(name) or Path(name).exists() else IN_MEMORY)

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
    def transaction(self) -> Iterator[None]:
        """Everything stored in the block is committed at its end, or nothing of it."""
        with self._connector.transaction():
            yield

    def check_integrity(self) -> list[str]:
        """What is wrong with the file: SQLite's own check and dangling references."""
        with explained(self.location), self._connector.transaction() as connection:
            if connection.dialect.name != "sqlite":
                return []
            found = [str(row[0]) for row in connection.execute(text("PRAGMA integrity_check"))]
            dangling = connection.execute(text("PRAGMA foreign_key_check")).all()
        problems = [line for line in found if line != "ok"]
        return problems + [f"dangling reference in {row[0]}, row {row[1]}" for row in dangling]
