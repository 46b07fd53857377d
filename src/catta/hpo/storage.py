"""Where studies are kept: beside the corpus, so that other processes and the dashboard see them."""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import optuna
from optuna.storages import BaseStorage, InMemoryStorage, RDBStorage
from sqlalchemy import URL, create_engine, text
from sqlalchemy.exc import DBAPIError

from catta.corpus import Corpus
from catta.corpus.engine import IN_MEMORY
from catta.errors import CattaError

SUFFIX = ".optuna.sqlite"
SCHEMA = "optuna"
"""Optuna's tables on a PostgreSQL server have a schema of their own: some have our names."""

_BUSY_SECONDS = 60.0
_LOCK_KEY = 0x6361747461  # any number that no other program takes
_guard = threading.Lock()


class StudyStorage:
    """The storage of all studies of a corpus.

    Attributes:
        optuna: The storage itself.
        shown: Its URL without a password, as `optuna-dashboard` takes it; None in memory.
    """

    def __init__(self, corpus: Corpus) -> None:
        """Open the storage, or make it.

        Raises:
            CattaError: It cannot be opened.
        """
        optuna.logging.set_verbosity(optuna.logging.CRITICAL)
        url = corpus.connector.engine.url
        self._file: Path | None = None
        self._server: URL | None = None
        self.shown: str | None = None
        if url.get_backend_name() == "postgresql":
            self._server = url
            own = url.update_query_dict({"options": f"-csearch_path={SCHEMA}"})
            target = own.render_as_string(hide_password=False)
            bare = URL.create(
                url.drivername,
                username=url.username,
                host=url.host,
                port=url.port,
                database=url.database,
                query={"options": f"-csearch_path={SCHEMA}"},
            )
            self.shown = bare.render_as_string()
        elif corpus.location != IN_MEMORY:
            self._file = Path(corpus.location + SUFFIX)
            target = self.shown = f"sqlite:///{self._file}"
        else:
            self.optuna: BaseStorage = InMemoryStorage()
            return
        with explained(self.shown), self.alone():
            if self._server is not None:
                engine = create_engine(self._server)
                with engine.begin() as connection:
                    connection.execute(text("CREATE SCHEMA IF NOT EXISTS optuna"))
                engine.dispose()
            waits = {} if self._file is None else {"connect_args": {"timeout": _BUSY_SECONDS}}
            self.optuna = RDBStorage(target, engine_kwargs=waits)

    @contextmanager
    def alone(self) -> Generator[None]:
        """Nobody else, in this process or another, is in such a block at the same time."""
        with _guard:
            if self._file is not None:
                with _locked_file(self._file.with_name(f"{self._file.name}.lock")):
                    yield
            elif self._server is not None:
                with _locked_server(self._server):
                    yield
            else:
                yield

    def close(self) -> None:
        """Close all connections."""
        if isinstance(self.optuna, RDBStorage):
            self.optuna.remove_session()
            self.optuna.engine.dispose()


@contextmanager
def explained(shown: str | None) -> Generator[None]:
    """Turn a failure of Optuna's storage into one sentence.

    Raises:
        CattaError: In the place of what was raised.
    """
    try:
        yield
    except (optuna.exceptions.StorageInternalError, DBAPIError) as error:
        cause: BaseException = error.__cause__ or error
        lines = str(cause).strip().splitlines() or [type(cause).__name__]
        raise CattaError(f"studies {shown or 'in memory'}: {lines[0]}") from error


@contextmanager
def _locked_file(path: Path) -> Generator[None]:
    """A POSIX lock: it belongs to the process and ends with it."""
    try:
        file = path.open("a")
    except OSError as error:
        raise CattaError(f"studies: {path} cannot be written ({error.strerror})") from error
    with file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _locked_server(url: URL) -> Generator[None]:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK_KEY})
            yield  # the lock ends with the connection
    finally:
        engine.dispose()
