"""Files that networks became, and what running them takes on a device: found once and kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from sqlalchemy import RowMapping, Table, func, select

from catta.corpus import schema
from catta.corpus.engine import Connector
from catta.corpus.networks import now


@dataclass(frozen=True, kw_only=True, slots=True)
class EdgeExport:
    """A network as a file, compared with the network.

    Attributes:
        network_id: The network.
        recipe_id: What its weights were trained under.
        format: Name of the format.
        quantization: What weights and activations became.
        sha256: Of the file.
        file_bytes: Its size.
        dynamic: Whether it takes batches of any size; else one sample at a time.
        dataset: What it was judged on, the validation split.
        metric: What its accuracy is.
        accuracy_before: Of the network, by PyTorch.
        accuracy_after: Of the file.
        compared: Of how many samples the outputs were compared.
        max_abs: Largest difference of two scores.
        top1: Share of the samples whose highest score is of the same class, 0..1.
        trained: Whether the weights are those of a training.
        details: What the format has to tell, as plain data.
    """

    network_id: str
    recipe_id: str
    format: str
    quantization: str
    sha256: str
    file_bytes: int
    dynamic: bool
    dataset: str
    metric: str
    accuracy_before: float
    accuracy_after: float
    compared: int
    max_abs: float
    top1: float
    trained: bool
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, kw_only=True, slots=True)
class EdgeMeasurement:
    """What running a network or a file takes on a device.

    Attributes:
        name: The network's name, or the file's.
        network_id: The network, if it is in the corpus.
        sha256: Of the file; None for the network itself.
        format: Name of the file's format; None for the network itself.
        quantization: What weights and activations became, if that is known.
        runtime: What ran it.
        runtime_version: Its version.
        device: What it ran on: model of the processor, or name of a phone.
        os: Name and version of its system.
        threads: Threads of the runtime.
        batch: Samples a pass.
        sample: Shape of one sample.
        warmup: Passes before those that were timed.
        runs: Passes that were timed.
        median_ms: Median wall-clock time of a pass, in milliseconds.
        p95_ms: 95th percentile.
        p99_ms: 99th percentile.
        cpu_ms: Processor time of a pass, over all threads, on average.
        throughput: Samples a second, at the mean time of a pass.
        load_ms: Wall-clock time of loading it.
        peak_memory_mb: By how much the largest resident memory of the process grew, in MiB, from
            before it was loaded to the end.
        file_bytes: Size of the file.
        energy_mj: Energy of the processor's package for one sample, in millijoules, with all else
            that it did meanwhile; None where the machine does not tell.
        details: Whatever else the device tells, as plain data.
    """

    name: str
    network_id: str | None
    sha256: str | None
    format: str | None
    quantization: str | None
    runtime: str
    runtime_version: str
    device: str
    os: str
    threads: int
    batch: int
    sample: tuple[int, ...]
    warmup: int
    runs: int
    median_ms: float
    p95_ms: float
    p99_ms: float
    cpu_ms: float | None
    throughput: float
    load_ms: float | None
    peak_memory_mb: float | None
    file_bytes: int | None
    energy_mj: float | None
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])


_EXPORT = tuple(entry.name for entry in fields(EdgeExport))
_MEASUREMENT = tuple(entry.name for entry in fields(EdgeMeasurement))
_PUBLISHED = ("task", "name", "device", "os", "valid", "emulator")
_KEY = ("network_id", "recipe_id", "format", "quantization")


class Edge:
    """The files and measurements of a corpus."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    def save_export(self, export: EdgeExport) -> None:
        """Store what became of a network, in the place of an earlier file of the same kind."""
        table = schema.edge_exports
        there = [table.c[name] == getattr(export, name) for name in _KEY]
        with self._connector.transaction() as connection:
            connection.execute(table.delete().where(*there))
            connection.execute(table.insert().values(**asdict(export), created=now()))

    def save_measurements(self, measurements: Iterable[EdgeMeasurement]) -> None:
        """Store measurements, beside earlier ones of the same."""
        rows = [{**asdict(one), "sample": list(one.sample)} for one in measurements]
        created = now()
        with self._connector.transaction() as connection:
            for row in rows:
                connection.execute(schema.edge_measurements.insert().values(**row, created=created))

    def exports(self, network_id: str | None = None) -> list[EdgeExport]:
        """The files of a network or, by default, of all, oldest first."""
        table = schema.edge_exports
        query = select(table).order_by(table.c.id)
        if network_id is not None:
            query = query.where(table.c.network_id == network_id)
        with self._connector.read() as connection:
            return [
                EdgeExport(**{name: row[name] for name in _EXPORT})
                for row in connection.execute(query).mappings()
            ]

    def measurements(self, network_id: str | None = None) -> list[EdgeMeasurement]:
        """The measurements of a network or, by default, all, oldest first."""
        table = schema.edge_measurements
        query = select(table).order_by(table.c.id)
        if network_id is not None:
            query = query.where(table.c.network_id == network_id)
        with self._connector.read() as connection:
            return [_measurement(row) for row in connection.execute(query).mappings()]

    def published(self) -> list[dict[str, Any]]:
        """The measurements on devices that came with an imported LEMUR, as they were published."""
        table, subjects = schema.device_measurements, schema.subjects
        columns = (*_PUBLISHED, "error", "duration")
        query = (
            select(
                subjects.c.name.label("network"),
                subjects.c.network_id,
                *(table.c[name] for name in columns),
            )
            .join(subjects, subjects.c.id == table.c.subject_id)
            .order_by(table.c.id)
        )
        with self._connector.read() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def count(self) -> int:
        """How many measurements there are."""
        return self._count(schema.edge_measurements)

    def _count(self, table: Table) -> int:
        with self._connector.read() as connection:
            return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _measurement(row: RowMapping) -> EdgeMeasurement:
    values: dict[str, Any] = {name: row[name] for name in _MEASUREMENT}
    values["sample"] = tuple(values["sample"])
    return EdgeMeasurement(**values)
