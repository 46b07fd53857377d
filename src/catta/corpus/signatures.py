"""MinHash signatures of any networks, so that how alike they are is computed once a corpus."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from catta.corpus import schema
from catta.corpus.engine import Connector
from catta.corpus.networks import insert


class Signatures:
    """The signatures of a corpus.

    A table of their own, not rows of `fingerprints`: what is there counts as known to every run,
    and asking how alike two published networks are must not change which ones are new.
    """

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    def add(self, signatures: Mapping[str, bytes]) -> None:
        """Store signatures by the ids of their networks; one that is there already stays."""
        rows = [{"network_id": key, "minhash": value} for key, value in signatures.items()]
        with self._connector.transaction() as connection:
            insert(connection, schema.signatures, rows)

    def all(self) -> dict[str, bytes]:
        """All signatures by the ids of their networks; those that runs know are among them."""
        found: dict[str, bytes] = {}
        with self._connector.read() as connection:
            for table in (schema.fingerprints, schema.signatures):
                for row in connection.execute(select(table.c.network_id, table.c.minhash)):
                    found.setdefault(row.network_id, row.minhash)
        return found
