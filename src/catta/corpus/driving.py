"""Being the only process that does something to a corpus, wherever the corpus is."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from contextlib import contextmanager

from catta.corpus.engine import Connector, explained
from catta.corpus.location import Location
from catta.corpus.locks import exclusive
from catta.corpus.postgres_locks import exclusive_session


@contextmanager
def only_driver(connector: Connector, place: Location, key: str, what: str) -> Generator[None]:
    """Be the only holder of a key for the block; it is released if the process dies.

    On a server nothing more is written after the connection that holds the key has broken.

    Args:
        connector: The corpus's connections.
        place: Where it is; in memory there is nobody else.
        key: What is held.
        what: What it is called in messages.

    Raises:
        UsageError: Another one holds it.
        CorpusError: The server failed.
    """
    if place.url is not None:
        with (
            explained(place.name),
            exclusive_session(connector.engine, key, what) as check,
            connector.on_condition(check),
        ):
            yield
    elif place.path is not None:
        name = hashlib.sha256(key.encode()).hexdigest()[:16]
        with exclusive(place.path.with_name(f".{place.path.name}-{name}.lock"), what):
            yield
    else:
        yield
