"""Runs of the loop, and what they start from."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    Table,
)

from catta.corpus.columns import Count, Data, Name, PlainText
from catta.corpus.schema.base import metadata

seed_sets = Table(
    "seed_sets",
    metadata,
    Column("key", Name, primary_key=True),
    Column("settings", Data, nullable=False),
    Column("created", Name, nullable=False),
)

seed_members = Table(
    "seed_members",
    metadata,
    Column("key", Name, ForeignKey("seed_sets.key"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("network_id", Name, ForeignKey("networks.id"), nullable=False),
)

adapters = Table(
    "adapters",
    metadata,
    Column("key", Name, primary_key=True),
    Column("path", Name, nullable=False),
    Column("sha256", Name, nullable=False),
    Column("base_model", Name, nullable=False),
    Column("steps", Integer, nullable=False),
    Column("tokens", Count, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("losses", Data, nullable=False),
    Column("details", Data, nullable=False),
    Column("created", Name, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Name, primary_key=True),
    Column("arm", Name, nullable=False),
    Column("config", Data, nullable=False),
    Column("commit", Name),
    Column("created", Name, nullable=False),
    Column("finished", Name),
    Column("assessment", Data, nullable=False),
)

cycles = Table(
    "cycles",
    metadata,
    Column("run", Name, ForeignKey("runs.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("generator", Name, nullable=False),
    Column("closed", Boolean, nullable=False),
    Column("adapter", Name, ForeignKey("adapters.key")),
    Column("timings", Data, nullable=False),
    Column("metrics", Data, nullable=False),
)

prompts = Table(
    "prompts",
    metadata,
    Column("id", Name, primary_key=True),
    Column("text", PlainText, nullable=False),
    Column("prefix", PlainText, nullable=False),
)

candidates = Table(
    "candidates",
    metadata,
    Column("run", Name, primary_key=True),
    Column("cycle", Integer, primary_key=True),
    Column("index", Integer, primary_key=True),
    Column("phase", Name, nullable=False),
    Column("prompt_id", Name, ForeignKey("prompts.id"), nullable=False),
    Column("completion", PlainText, nullable=False),
    Column("tokens", Count, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("parent", Name),
    Column("seed", BigInteger, nullable=False),
    Column("generator", Name, nullable=False),
    Column("network_id", Name, ForeignKey("networks.id"), index=True),
    Column("nearest_id", Name),
    Column("nearest_jaccard", Float),
    Column("parameters", Count),
    Column("flops", Count),
    Column("graph", Name),
    Column("build_seconds", Float),
    Column("outcome", Name),
    Column("stage", Name),
    Column("error", PlainText),
    Column("accuracy", Float),
    Column("admitted", Boolean, nullable=False),
    Column("timings", Data, nullable=False),
    Column("source", PlainText),
    ForeignKeyConstraint(["run", "cycle"], ["cycles.run", "cycles.number"]),
)
