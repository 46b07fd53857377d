"""Published trials, and what came with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Any, Literal

from sqlalchemy import Connection, func, select

from catta.corpus import schema
from catta.corpus.engine import Connector
from catta.corpus.networks import insert, now, source_hash
from catta.corpus.planning import analyze
from catta.corpus.published import Measurement, Module, Traits, TrialFile
from catta.corpus.trial_writer import Added, Subjects, TrialWriter


class Trials:
    """The published trials of a corpus."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection that sees one state of the corpus, for whoever makes tables of it."""
        return self._connector.read()

    def imported(self, sha256: str) -> dict[str, Any] | None:
        """The report of the import of a source with this hash, if there was one."""
        table = schema.imports
        query = select(table.c.report).where(table.c.sha256 == sha256)
        with self._connector.read() as connection:
            return connection.execute(query).scalar()

    def begin_import(
        self, sha256: str, version: str | None, *, kind: Literal["lemur", "optuna"] = "lemur"
    ) -> int:
        """Note an import, in the transaction that holds all of it.

        Args:
            sha256: Hash of the source.
            version: Its version; of Optuna, the name of the study.
            kind: What it is.

        Returns:
            The key of the import.
        """
        row = {
            "sha256": sha256,
            "kind": kind,
            "version": version,
            "report": {},
            "created": now(),
        }
        with self._connector.transaction() as connection:
            created = connection.execute(schema.imports.insert().values(**row))
            key = created.inserted_primary_key
            return int(key[0]) if key else 0

    def end_import(self, key: int, report: Mapping[str, Any]) -> None:
        """Store the report of an import, and statistics that queries are planned by."""
        table = schema.imports
        with self._connector.transaction() as connection:
            connection.execute(table.update().where(table.c.id == key).values(report=report))
            analyze(connection)

    def add(self, import_id: int, files: Iterable[TrialFile], networks: Mapping[str, str]) -> Added:
        """Store trials; of those that are there already, as many stay as were there.

        Args:
            import_id: What `begin_import` returned.
            files: The trials.
            networks: Names of networks and their identities; other names have no code.
        """
        with self._connector.transaction() as connection:
            writer = TrialWriter(connection, import_id, networks)
            for file in files:
                writer.add(file)
            writer.flush()
        return writer.added

    def add_modules(self, modules: Iterable[Module]) -> int:
        """Store modules, a later one of the same kind and name in an earlier one's place.

        Returns:
            How many there were.
        """
        table, count = schema.modules, 0
        with self._connector.transaction() as connection:
            for module in modules:
                values = {"source": module.source, "sha256": source_hash(module.source)}
                there = (table.c.kind == module.kind) & (table.c.name == module.name)
                if connection.execute(table.update().where(there).values(**values)).rowcount == 0:
                    key = {"kind": module.kind, "name": module.name}
                    connection.execute(table.insert().values(**key, **values))
                count += 1
        return count

    def module(self, kind: str, name: str) -> str | None:
        """Text of a module of LEMUR's (`transform`, `metric`, `loader`); None where none is."""
        table = schema.modules.c
        query = select(table.source).where(table.kind == kind, table.name == name)
        with self._connector.read() as connection:
            return connection.execute(query).scalar()

    def module_names(self, kind: str) -> list[str]:
        """Names of the modules of a kind, sorted."""
        table = schema.modules.c
        query = select(table.name).where(table.kind == kind).order_by(table.name)
        with self._connector.read() as connection:
            return list(connection.execute(query).scalars())

    def add_measurements(
        self, measurements: Iterable[Measurement], networks: Mapping[str, str]
    ) -> int:
        """Store measurements on devices; one that is there already is not repeated.

        Args:
            measurements: The measurements.
            networks: As in `add`.

        Returns:
            How many there were.
        """
        rows: list[dict[str, Any]] = []
        with self._connector.transaction() as connection:
            subjects = Subjects(connection, networks)
            for measurement in measurements:
                values = asdict(measurement)
                rows.append({"subject_id": subjects.of(values.pop("subject")), **values})
            subjects.flush()
            insert(connection, schema.device_measurements, rows)
        return len(rows)

    def add_traits(self, traits: Mapping[str, Traits]) -> None:
        """Store what the texts of networks show, by identity; the first of each stays."""
        rows = [
            {"network_id": identity, **asdict(found), "imports": list(found.imports)}
            for identity, found in traits.items()
        ]
        with self._connector.transaction() as connection:
            insert(connection, schema.traits, rows)

    def traits(self, network_id: str) -> Traits | None:
        """What the text of a network shows, if it was looked at."""
        query = select(schema.traits).where(schema.traits.c.network_id == network_id)
        with self._connector.read() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            return None
        values = dict(row)
        del values["network_id"]
        return Traits(imports=tuple(values.pop("imports")), **values)

    def count(self) -> int:
        """How many trials there are."""
        return self._count(schema.trials)

    def figures(self) -> dict[str, int]:
        """How many rows of each kind there are."""
        tables = {
            "names": schema.aliases,
            "trials": schema.trials,
            "parameter_sets": schema.parameter_sets,
            "device_measurements": schema.device_measurements,
            "modules": schema.modules,
            "evaluations": schema.evaluations,
            "inspections": schema.inspections,
            "runs": schema.runs,
            "candidates": schema.candidates,
        }
        return {name: self._count(table) for name, table in tables.items()}

    def problems(self) -> list[dict[str, Any]]:
        """Tasks, datasets and metrics, with the numbers of trials and of names tried."""
        table, trials = schema.problems, schema.trials
        counts = (
            select(
                trials.c.problem_id,
                func.count().label("trials"),
                func.count(trials.c.subject_id.distinct()).label("names"),
            )
            .group_by(trials.c.problem_id)
            .subquery()
        )
        query = (
            select(table.c.task, table.c.dataset, table.c.metric, counts.c.trials, counts.c.names)
            .join(counts, counts.c.problem_id == table.c.id)
            .order_by(table.c.task, table.c.dataset, table.c.metric)
        )
        with self._connector.read() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def imports(self) -> list[dict[str, Any]]:
        """All imports, oldest first: kind, version, hash, when."""
        table = schema.imports
        shown = (table.c.kind, table.c.version, table.c.sha256, table.c.created)
        query = select(*shown).order_by(table.c.id)
        with self._connector.read() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def _count(self, table: Any) -> int:
        with self._connector.read() as connection:
            return connection.execute(select(func.count()).select_from(table)).scalar_one()
