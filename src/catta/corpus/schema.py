"""The tables of a corpus, for SQLAlchemy Core. Changes go through `migrations/versions`."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

networks = Table(
    "networks",
    metadata,
    Column("id", String, primary_key=True),
    Column("source", Text, nullable=False),
    Column("name", String, nullable=False),
    Column("origin", String, nullable=False),
    Column("parent", String),
    Column("licence", String),
    Column("created", String, nullable=False),
)

aliases = Table(
    "aliases",
    metadata,
    Column("name", String, primary_key=True),
    Column("network_id", String, ForeignKey("networks.id"), nullable=False, index=True),
)

fingerprints = Table(
    "fingerprints",
    metadata,
    Column("network_id", String, ForeignKey("networks.id"), primary_key=True),
    Column("minhash", LargeBinary, nullable=False),
    Column("graph", String),
)

facts = Table(
    "facts",
    metadata,
    Column("network_id", String, ForeignKey("networks.id"), primary_key=True),
    Column("shapes", String, primary_key=True),
    Column("parameters", Integer, nullable=False),
    Column("flops", Integer, nullable=False),
    Column("graph", String, nullable=False),
    Column("seconds", Float, nullable=False),
)

reported = Table(
    "reported",
    metadata,
    Column("network_id", String, ForeignKey("networks.id"), primary_key=True),
    Column("task", String, primary_key=True),
    Column("dataset", String, primary_key=True),
    Column("metric", String, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("source", String, primary_key=True),
    Column("accuracy", Float, nullable=False),
)

seed_sets = Table(
    "seed_sets",
    metadata,
    Column("key", String, primary_key=True),
    Column("settings", JSON, nullable=False),
    Column("created", String, nullable=False),
)

seed_members = Table(
    "seed_members",
    metadata,
    Column("key", String, ForeignKey("seed_sets.key"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("network_id", String, ForeignKey("networks.id"), nullable=False),
)

recipes = Table(
    "recipes",
    metadata,
    Column("id", String, primary_key=True),
    Column("settings", JSON, nullable=False),
)

evaluations = Table(
    "evaluations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("network_id", String, ForeignKey("networks.id"), nullable=False),
    Column("recipe_id", String, ForeignKey("recipes.id"), nullable=False, index=True),
    Column("outcome", String, nullable=False),
    Column("stage", String, nullable=False),
    Column("error", Text),
    Column("parameters", Integer),
    Column("flops", Integer),
    Column("graph", String),
    Column("build_seconds", Float),
    Column("seconds", Float, nullable=False),
    Column("created", String, nullable=False),
    UniqueConstraint("network_id", "recipe_id"),
)

epochs = Table(
    "epochs",
    metadata,
    Column("evaluation_id", Integer, ForeignKey("evaluations.id"), primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("loss", Float, nullable=False),
    Column("accuracy", Float, nullable=False),
    Column("seconds", Float, nullable=False),
)

adapters = Table(
    "adapters",
    metadata,
    Column("key", String, primary_key=True),
    Column("path", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("base_model", String, nullable=False),
    Column("steps", Integer, nullable=False),
    Column("tokens", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("losses", JSON, nullable=False),
    Column("details", JSON, nullable=False),
    Column("created", String, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("id", String, primary_key=True),
    Column("arm", String, nullable=False),
    Column("config", JSON, nullable=False),
    Column("commit", String),
    Column("created", String, nullable=False),
    Column("finished", String),
    Column("assessment", JSON, nullable=False),
)

cycles = Table(
    "cycles",
    metadata,
    Column("run", String, ForeignKey("runs.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("generator", String, nullable=False),
    Column("closed", Boolean, nullable=False),
    Column("adapter", String, ForeignKey("adapters.key")),
    Column("timings", JSON, nullable=False),
    Column("metrics", JSON, nullable=False),
)

prompts = Table(
    "prompts",
    metadata,
    Column("id", String, primary_key=True),
    Column("text", Text, nullable=False),
    Column("prefix", Text, nullable=False),
)

candidates = Table(
    "candidates",
    metadata,
    Column("run", String, primary_key=True),
    Column("cycle", Integer, primary_key=True),
    Column("index", Integer, primary_key=True),
    Column("phase", String, nullable=False),
    Column("prompt_id", String, ForeignKey("prompts.id"), nullable=False),
    Column("completion", Text, nullable=False),
    Column("tokens", Integer, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("parent", String),
    Column("seed", Integer, nullable=False),
    Column("generator", String, nullable=False),
    Column("network_id", String, ForeignKey("networks.id"), index=True),
    Column("nearest_id", String),
    Column("nearest_jaccard", Float),
    Column("parameters", Integer),
    Column("flops", Integer),
    Column("graph", String),
    Column("build_seconds", Float),
    Column("outcome", String),
    Column("stage", String),
    Column("error", Text),
    Column("accuracy", Float),
    Column("admitted", Boolean, nullable=False),
    Column("timings", JSON, nullable=False),
    ForeignKeyConstraint(["run", "cycle"], ["cycles.run", "cycles.number"]),
)

Index("evaluations_by_outcome", evaluations.c.recipe_id, evaluations.c.outcome)
