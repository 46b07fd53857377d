"""Static facts of networks, found once and kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import RowMapping, func, select

from catta.corpus import schema
from catta.corpus.engine import Connector
from catta.corpus.networks import CHUNK, now
from catta.records import Inspection, InspectionOutcome, Structure

_STRUCTURE = tuple(field.name for field in fields(Structure))


class Inspections:
    """The inspections of a corpus: one of a network for a task."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    def save(self, inspections: Iterable[Inspection]) -> None:
        """Store inspections, each in the place of an earlier one of the same network and task."""
        rows, created = {(i.network_id, i.task): i for i in inspections}, now()
        table = schema.inspections
        with self._connector.transaction() as connection:
            for (network_id, task), inspection in rows.items():
                there = (table.c.network_id == network_id) & (table.c.task == task)
                connection.execute(table.delete().where(there))
                row = {**_row(inspection), "created": created}
                connection.execute(table.insert().values(**row))

    def get(self, network_id: str, task: str) -> Inspection | None:
        """The inspection of a network for a task, if there was one."""
        return next((i for i in self.of(network_id) if i.task == task), None)

    def of(self, network_id: str) -> list[Inspection]:
        """The inspections of a network, by task."""
        table = schema.inspections
        query = select(table).where(table.c.network_id == network_id).order_by(table.c.task)
        with self._connector.read() as connection:
            return [_inspection(row) for row in connection.execute(query).mappings()]

    def networks(self) -> list[str]:
        """Ids of all networks, which are what can be inspected."""
        query = select(schema.networks.c.id).order_by(schema.networks.c.id)
        with self._connector.read() as connection:
            return list(connection.execute(query).scalars())

    def known(self, version: int) -> set[tuple[str, str]]:
        """Networks and the tasks that they were inspected for by this version."""
        table = schema.inspections
        query = select(table.c.network_id, table.c.task).where(table.c.version == version)
        with self._connector.read() as connection:
            return {(row[0], row[1]) for row in connection.execute(query)}

    def working(self, task: str) -> list[str]:
        """Ids of the networks that work for a task."""
        table = schema.inspections
        ok = table.c.outcome == InspectionOutcome.OK.value
        query = select(table.c.network_id).where(table.c.task == task, ok)
        with self._connector.read() as connection:
            return list(connection.execute(query.order_by(table.c.network_id)).scalars())

    def count(self) -> int:
        """How many there are."""
        query = select(func.count()).select_from(schema.inspections)
        with self._connector.read() as connection:
            return connection.execute(query).scalar_one()

    def tasks(self, network_ids: Sequence[str] | None = None) -> dict[str, str]:
        """What networks were mostly tried for, by the trials that are published of them.

        Args:
            network_ids: Of these; None for all. Networks without trials are left out.
        """
        subjects, problems, trials = schema.subjects, schema.problems, schema.trials
        keys = (subjects.c.network_id, problems.c.task)
        query = (
            select(*keys, func.count())
            .select_from(trials)
            .join(subjects)
            .join(problems)
            .where(subjects.c.network_id.is_not(None))
            .group_by(*keys)
        )
        found: dict[str, Counter[str]] = {}
        with self._connector.read() as connection:
            for chosen in _chosen(network_ids):
                part = query if chosen is None else query.where(subjects.c.network_id.in_(chosen))
                for network_id, task, count in connection.execute(part):
                    found.setdefault(network_id, Counter())[task] = count
        return {key: max(sorted(tasks), key=tasks.__getitem__) for key, tasks in found.items()}


def _chosen(network_ids: Sequence[str] | None) -> Iterable[Sequence[str] | None]:
    if network_ids is None:
        return [None]
    return [network_ids[start : start + CHUNK] for start in range(0, len(network_ids), CHUNK)]


def _row(inspection: Inspection) -> dict[str, Any]:
    structure = inspection.structure
    return {
        "network_id": inspection.network_id,
        "task": inspection.task,
        "outcome": inspection.outcome.value,
        "error": inspection.error,
        "version": inspection.version,
        **(asdict(structure) if structure is not None else {}),
    }


def _inspection(row: RowMapping) -> Inspection:
    outcome = InspectionOutcome(row["outcome"])
    structure = None
    if outcome is InspectionOutcome.OK:
        structure = Structure(**{name: row[name] for name in _STRUCTURE})
    return Inspection(
        network_id=row["network_id"],
        task=row["task"],
        outcome=outcome,
        error=row["error"],
        structure=structure,
        version=row["version"],
    )
