"""What was trained and measured elsewhere, and from which file it came."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    Table,
    UniqueConstraint,
)

from catta.corpus.columns import Data, Name, PlainText
from catta.corpus.schema.base import metadata

imports = Table(
    "imports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sha256", Name, nullable=False, unique=True),
    Column("version", Name),
    Column("report", Data, nullable=False),
    Column("created", Name, nullable=False),
    Column("kind", Name, nullable=False),
)

reported = Table(
    "reported",
    metadata,
    Column("network_id", Name, ForeignKey("networks.id"), primary_key=True),
    Column("task", Name, primary_key=True),
    Column("dataset", Name, primary_key=True),
    Column("metric", Name, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("source", Name, primary_key=True),
    Column("accuracy", Float, nullable=False),
)

subjects = Table(
    "subjects",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Name, nullable=False, unique=True),
    Column("network_id", Name, ForeignKey("networks.id"), index=True),
)

problems = Table(
    "problems",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task", Name, nullable=False),
    Column("dataset", Name, nullable=False),
    Column("metric", Name, nullable=False),
    UniqueConstraint("task", "dataset", "metric"),
)

parameter_sets = Table(
    "parameter_sets",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uid", Name, nullable=False),
    Column("transform", Name, nullable=False),
    Column("prm", PlainText, nullable=False),
)

trials = Table(
    "trials",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subject_id", Integer, ForeignKey("subjects.id"), nullable=False),
    Column("problem_id", Integer, ForeignKey("problems.id"), nullable=False, index=True),
    Column("parameter_set_id", Integer, ForeignKey("parameter_sets.id"), nullable=False),
    Column("import_id", Integer, ForeignKey("imports.id"), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("accuracy", Float, nullable=False),
    Column("duration", BigInteger),
)

modules = Table(
    "modules",
    metadata,
    Column("kind", Name, primary_key=True),
    Column("name", Name, primary_key=True),
    Column("source", PlainText, nullable=False),
    Column("sha256", Name, nullable=False),
)

device_measurements = Table(
    "device_measurements",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subject_id", Integer, ForeignKey("subjects.id"), nullable=False),
    Column("task", Name, nullable=False),
    Column("name", Name, nullable=False),
    Column("sha256", Name, nullable=False),
    Column("device", Name),
    Column("os", Name),
    Column("valid", Boolean),
    Column("emulator", Boolean),
    Column("error", PlainText),
    Column("duration", Float),
    Column("analytics", PlainText),
    UniqueConstraint("subject_id", "task", "name", "sha256"),
)

Index("trials_by_subject", trials.c.subject_id, trials.c.problem_id, trials.c.epoch)
