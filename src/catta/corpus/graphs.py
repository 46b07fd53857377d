"""The traced graphs of networks: what one forward pass goes through."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import func, select

from catta.corpus import schema
from catta.corpus.engine import Connector
from catta.corpus.networks import CHUNK
from catta.errors import CorpusError
from catta.graphs import Graph

_LEVEL = 9
_MAX_BYTES = 64 << 20
"""Largest text that is taken out of a row: a damaged one shall not fill the memory."""


class Graphs:
    """The graphs of a corpus: one of a network for a task."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    def save(self, graphs: Mapping[tuple[str, str], Graph | None]) -> None:
        """Store graphs by network and task, each in the place of an earlier one.

        Args:
            graphs: None where it is known that a graph is too large to be kept.
        """
        if not graphs:
            return
        table = schema.graphs
        with self._connector.transaction() as connection:
            for (network_id, task), graph in graphs.items():
                there = (table.c.network_id == network_id) & (table.c.task == task)
                connection.execute(table.delete().where(there))
                row = {
                    "network_id": network_id,
                    "task": task,
                    "content": None if graph is None else encoded(graph),
                }
                connection.execute(table.insert().values(**row))

    def get(self, network_id: str, task: str | None = None) -> Graph | None:
        """The graph of a network, of several the one whose task comes first; None without one.

        Raises:
            CorpusError: It is damaged.
        """
        return next((graph for _, graph in self.of([network_id], task)), None)

    def of(
        self, network_ids: Iterable[str] | None = None, task: str | None = None
    ) -> Iterator[tuple[str, Graph]]:
        """Graphs with the ids of their networks; a few are in memory at a time.

        Args:
            network_ids: Of these, each once, in this order; None for all, by id.
            task: Traced for this task; None for whichever task comes first.

        Raises:
            CorpusError: One is damaged.
        """
        ids = self._ids() if network_ids is None else list(dict.fromkeys(network_ids))
        for start in range(0, len(ids), CHUNK):
            chosen = ids[start : start + CHUNK]
            found = self._contents(chosen, task)
            for identity in chosen:
                if identity in found:
                    yield identity, self._decoded(identity, found[identity])

    def known(self) -> set[tuple[str, str]]:
        """Networks and tasks whose graphs are stored, or known to be too large to be."""
        table = schema.graphs
        with self._connector.read() as connection:
            rows = connection.execute(select(table.c.network_id, table.c.task))
            return {(row.network_id, row.task) for row in rows}

    def count(self) -> int:
        """How many are stored."""
        query = select(func.count()).where(schema.graphs.c.content.is_not(None))
        with self._connector.read() as connection:
            return connection.execute(query).scalar_one()

    def _ids(self) -> list[str]:
        column = schema.graphs.c.network_id
        with self._connector.read() as connection:
            return list(connection.execute(select(column).distinct().order_by(column)).scalars())

    def _contents(self, chosen: list[str], task: str | None) -> dict[str, bytes]:
        table = schema.graphs
        query = select(table).where(table.c.network_id.in_(chosen), table.c.content.is_not(None))
        if task is not None:
            query = query.where(table.c.task == task)
        found: dict[str, bytes] = {}
        with self._connector.read() as connection:
            for row in connection.execute(query.order_by(table.c.network_id, table.c.task)):
                found.setdefault(row.network_id, row.content)
        return found

    def _decoded(self, network_id: str, content: bytes) -> Graph:
        try:
            return decoded(content)
        except ValueError as error:
            raise CorpusError(f"the graph of network {network_id} is damaged: {error}") from error


def encoded(graph: Graph) -> bytes:
    """A graph as a row holds it."""
    return zlib.compress(graph.to_json().encode(), _LEVEL)


def decoded(content: bytes) -> Graph:
    """The graph that a row holds.

    Raises:
        ValueError: It is damaged.
    """
    decompressor = zlib.decompressobj()
    try:
        text = decompressor.decompress(content, _MAX_BYTES)
    except zlib.error as error:
        raise ValueError("it cannot be decompressed") from error
    if not decompressor.eof:
        raise ValueError("it is cut short, or too long")
    return Graph.from_json(text)
