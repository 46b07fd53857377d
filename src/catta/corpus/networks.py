"""Networks, the names they go by, and what is known of each without training it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, case, func, select
from sqlalchemy.dialects import postgresql, sqlite

from catta.corpus import schema
from catta.corpus.columns import plain_text
from catta.corpus.engine import Connector
from catta.records import BuildFacts, Network, Reported

CHUNK = 500


class Networks:
    """The networks of a corpus."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    def add(self, networks: Iterable[Network]) -> None:
        """Add networks; one that is known already only gains the name as an alias."""
        rows, created = list(networks), now()
        with self._connector.transaction() as connection:
            insert(
                connection,
                schema.networks,
                [
                    {
                        "id": n.id,
                        "source": n.source,
                        "name": n.name,
                        "origin": n.origin,
                        "parent": n.parent,
                        "licence": n.licence,
                        "created": created,
                        "sha256": source_hash(n.source),
                    }
                    for n in rows
                ],
            )
            insert(connection, schema.aliases, [{"name": n.name, "network_id": n.id} for n in rows])

    def get(self, key: str) -> Network | None:
        """The network with this id, name or alias.

        Of several of one name: a published one, else the one named so at first.
        """
        table, names = schema.networks, schema.aliases
        with self._connector.read() as connection:
            row = connection.execute(select(table).where(table.c.id == key)).first()
            if row is None:
                joined = select(table).join(names).where(names.c.name == key)
                ordered = joined.order_by(
                    table.c.origin != "lemur", table.c.name != key, table.c.created, table.c.id
                )
                row = connection.execute(ordered).first()
        return _network(row) if row else None

    def publish(self, ids: Sequence[str]) -> None:
        """Note that some of the architectures by these ids are published networks as they are."""
        table = schema.networks
        with self._connector.transaction() as connection:
            for start in range(0, len(ids), CHUNK):
                chosen = table.c.id.in_(ids[start : start + CHUNK])
                changed = table.update().where(chosen, table.c.origin == "architecture")
                connection.execute(changed.values(origin="lemur"))

    def get_many(self, ids: Sequence[str]) -> list[Network]:
        """Networks by id, in the order of the ids; unknown ids are left out."""
        found: dict[str, Network] = {}
        with self._connector.read() as connection:
            for start in range(0, len(ids), CHUNK):
                chosen = schema.networks.c.id.in_(ids[start : start + CHUNK])
                for row in connection.execute(select(schema.networks).where(chosen)):
                    found[row.id] = _network(row)
        return [found[identity] for identity in ids if identity in found]

    def all(self, origin: str | None = None) -> list[Network]:
        """All networks, or those of one origin, by id."""
        query = select(schema.networks).order_by(schema.networks.c.id)
        if origin is not None:
            query = query.where(schema.networks.c.origin == origin)
        with self._connector.read() as connection:
            return [_network(row) for row in connection.execute(query)]

    def count(self) -> int:
        """How many networks there are."""
        with self._connector.read() as connection:
            return connection.execute(
                select(func.count()).select_from(schema.networks)
            ).scalar_one()

    def aliases(self, network_id: str) -> list[str]:
        """All names of a network."""
        names = schema.aliases
        query = select(names.c.name).where(names.c.network_id == network_id).order_by(names.c.name)
        with self._connector.read() as connection:
            return list(connection.execute(query).scalars())

    def names(self, ids: Sequence[str]) -> dict[str, str]:
        """The first name of each network, by id."""
        table, found = schema.networks, dict[str, str]()
        with self._connector.read() as connection:
            for start in range(0, len(ids), CHUNK):
                chosen = table.c.id.in_(ids[start : start + CHUNK])
                query = select(table.c.id, table.c.name).where(chosen)
                found.update({row.id: row.name for row in connection.execute(query)})
        return found

    def add_fingerprints(self, rows: Iterable[tuple[str, bytes, str | None]]) -> None:
        """Store MinHash signatures and graph hashes; a graph may come later than its signature."""
        table = schema.fingerprints
        values = [{"network_id": i, "minhash": m, "graph": g} for i, m, g in rows]
        if not values:
            return
        with self._connector.transaction() as connection:
            statement = _dialect(connection).insert(table)
            keep = func.coalesce(statement.excluded.graph, table.c.graph)
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["network_id"],
                    set_={"minhash": statement.excluded.minhash, "graph": keep},
                ),
                values,
            )

    def fingerprints(self) -> list[tuple[str, bytes, str | None]]:
        """All fingerprints: network id, signature, graph hash; by id."""
        table = schema.fingerprints
        query = select(table).order_by(table.c.network_id)
        with self._connector.read() as connection:
            return [(r.network_id, r.minhash, r.graph) for r in connection.execute(query)]

    def add_facts(self, network_id: str, shapes: str, facts: BuildFacts) -> None:
        """Store what building a network for some shapes showed."""
        with self._connector.transaction() as connection:
            insert(
                connection,
                schema.facts,
                [
                    {
                        "network_id": network_id,
                        "shapes": shapes,
                        "parameters": facts.parameters,
                        "flops": facts.flops,
                        "graph": facts.graph,
                        "seconds": facts.seconds,
                    }
                ],
            )

    def facts(self, network_id: str, shapes: str) -> BuildFacts | None:
        """What building a network for some shapes showed, if it is known."""
        table = schema.facts
        query = select(table).where(table.c.network_id == network_id, table.c.shapes == shapes)
        with self._connector.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        return BuildFacts(
            parameters=row.parameters, flops=row.flops, graph=row.graph, seconds=row.seconds
        )

    def add_reported(self, rows: Iterable[Reported]) -> None:
        """Store accuracies that others reported; the best of each kind stays."""
        table = schema.reported
        values = [
            {
                "network_id": r.network_id,
                "task": r.task,
                "dataset": r.dataset,
                "metric": r.metric,
                "epoch": r.epoch,
                "accuracy": r.accuracy,
                "source": r.source,
            }
            for r in rows
        ]
        if not values:
            return
        with self._connector.transaction() as connection:
            statement = _dialect(connection).insert(table)
            new = statement.excluded.accuracy
            best = case((new > table.c.accuracy, new), else_=table.c.accuracy)
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=list(table.primary_key.columns), set_={"accuracy": best}
                ),
                values,
            )

    def reported(
        self, task: str, dataset: str, *, metric: str | None = None, epoch: int = 1
    ) -> dict[str, float]:
        """The best reported accuracy of each network."""
        table = schema.reported
        query = (
            select(table.c.network_id, func.max(table.c.accuracy))
            .where(table.c.task == task, table.c.dataset == dataset, table.c.epoch == epoch)
            .group_by(table.c.network_id)
        )
        if metric is not None:
            query = query.where(table.c.metric == metric)
        with self._connector.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def save_seed_set(self, key: str, settings: Mapping[str, Any], members: Sequence[str]) -> None:
        """Store an ordered list of networks under a key; a known key stays as it is."""
        with self._connector.transaction() as connection:
            known = select(schema.seed_sets.c.key).where(schema.seed_sets.c.key == key)
            if connection.execute(known).first() is not None:
                return
            row = {"key": key, "settings": dict(settings), "created": now()}
            insert(connection, schema.seed_sets, [row])
            insert(
                connection,
                schema.seed_members,
                [{"key": key, "position": p, "network_id": m} for p, m in enumerate(members)],
            )

    def seed_sets(self) -> dict[str, Mapping[str, Any]]:
        """The settings that seed sets were made with, by key, oldest first."""
        table = schema.seed_sets
        query = select(table.c.key, table.c.settings).order_by(table.c.created, table.c.key)
        with self._connector.read() as connection:
            return {row.key: row.settings for row in connection.execute(query)}

    def seed_set(self, key: str) -> list[str] | None:
        """The networks of a seed set in order, or None if there is no such set."""
        members = schema.seed_members
        with self._connector.read() as connection:
            known = select(schema.seed_sets.c.key).where(schema.seed_sets.c.key == key)
            if connection.execute(known).first() is None:
                return None
            query = select(members.c.network_id).where(members.c.key == key)
            return list(connection.execute(query.order_by(members.c.position)).scalars())


def insert(connection: Any, table: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows; those whose key is there already are left as they are."""
    if rows:
        connection.execute(skipping_insert(connection, table), list(rows))


def skipping_insert(connection: Any, table: Any) -> Any:
    """A statement that inserts rows, but leaves those as they are whose key is there already."""
    return _dialect(connection).insert(table).on_conflict_do_nothing()


def source_hash(source: str) -> str:
    """SHA-256 of a source text as it is stored."""
    return hashlib.sha256(plain_text(source).encode()).hexdigest()


def now() -> str:
    """Now, as ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _dialect(connection: Any) -> Any:
    return postgresql if connection.dialect.name == "postgresql" else sqlite


def _network(row: Row[Any]) -> Network:
    return Network(
        id=row.id,
        source=row.source,
        name=row.name,
        origin=row.origin,
        parent=row.parent,
        licence=row.licence,
    )
