"""Exported networks and what they do on devices."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, ForeignKey, Integer, Table, UniqueConstraint

from catta.corpus.columns import Count, Data, Name
from catta.corpus.schema.base import metadata

edge_exports = Table(
    "edge_exports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("network_id", Name, ForeignKey("networks.id"), nullable=False),
    Column("recipe_id", Name, nullable=False),
    Column("format", Name, nullable=False),
    Column("quantization", Name, nullable=False),
    Column("sha256", Name, nullable=False),
    Column("file_bytes", Count, nullable=False),
    Column("dynamic", Boolean, nullable=False),
    Column("dataset", Name, nullable=False),
    Column("metric", Name, nullable=False),
    Column("accuracy_before", Float, nullable=False),
    Column("accuracy_after", Float, nullable=False),
    Column("compared", Integer, nullable=False),
    Column("max_abs", Float, nullable=False),
    Column("top1", Float, nullable=False),
    Column("trained", Boolean, nullable=False),
    Column("details", Data, nullable=False),
    Column("created", Name, nullable=False),
    UniqueConstraint("network_id", "recipe_id", "format", "quantization"),
)

edge_measurements = Table(
    "edge_measurements",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Name, nullable=False),
    Column("network_id", Name, ForeignKey("networks.id"), index=True),
    Column("sha256", Name),
    Column("format", Name),
    Column("quantization", Name),
    Column("runtime", Name, nullable=False),
    Column("runtime_version", Name, nullable=False),
    Column("device", Name, nullable=False),
    Column("os", Name, nullable=False),
    Column("threads", Integer, nullable=False),
    Column("batch", Integer, nullable=False),
    Column("sample", Data, nullable=False),
    Column("warmup", Integer, nullable=False),
    Column("runs", Integer, nullable=False),
    Column("median_ms", Float, nullable=False),
    Column("p95_ms", Float, nullable=False),
    Column("p99_ms", Float, nullable=False),
    Column("cpu_ms", Float),
    Column("throughput", Float, nullable=False),
    Column("load_ms", Float),
    Column("peak_memory_mb", Float),
    Column("file_bytes", Count),
    Column("energy_mj", Float),
    Column("details", Data, nullable=False),
    Column("created", Name, nullable=False),
)
