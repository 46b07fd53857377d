"""The tables of a corpus, for SQLAlchemy Core. Changes go through `migrations/versions`."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
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
    UniqueConstraint,
)

from catta.corpus.columns import Count, Data, Loss, PlainText

metadata = MetaData()

networks = Table(
    "networks",
    metadata,
    Column("id", String, primary_key=True),
    Column("source", PlainText, nullable=False),
    Column("name", String, nullable=False),
    Column("origin", String, nullable=False),
    Column("parent", String),
    Column("licence", String),
    Column("created", String, nullable=False),
    Column("sha256", String),
)

aliases = Table(
    "aliases",
    metadata,
    Column("name", String, primary_key=True),
    Column("network_id", String, ForeignKey("networks.id"), primary_key=True, index=True),
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
    Column("parameters", Count, nullable=False),
    Column("flops", Count, nullable=False),
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
    Column("settings", Data, nullable=False),
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
    Column("settings", Data, nullable=False),
)

evaluations = Table(
    "evaluations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("network_id", String, ForeignKey("networks.id"), nullable=False),
    Column("recipe_id", String, ForeignKey("recipes.id"), nullable=False, index=True),
    Column("outcome", String, nullable=False),
    Column("stage", String, nullable=False),
    Column("error", PlainText),
    Column("parameters", Count),
    Column("flops", Count),
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
    Column("loss", Loss),
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
    Column("tokens", Count, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("losses", Data, nullable=False),
    Column("details", Data, nullable=False),
    Column("created", String, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("id", String, primary_key=True),
    Column("arm", String, nullable=False),
    Column("config", Data, nullable=False),
    Column("commit", String),
    Column("created", String, nullable=False),
    Column("finished", String),
    Column("assessment", Data, nullable=False),
)

cycles = Table(
    "cycles",
    metadata,
    Column("run", String, ForeignKey("runs.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("generator", String, nullable=False),
    Column("closed", Boolean, nullable=False),
    Column("adapter", String, ForeignKey("adapters.key")),
    Column("timings", Data, nullable=False),
    Column("metrics", Data, nullable=False),
)

prompts = Table(
    "prompts",
    metadata,
    Column("id", String, primary_key=True),
    Column("text", PlainText, nullable=False),
    Column("prefix", PlainText, nullable=False),
)

candidates = Table(
    "candidates",
    metadata,
    Column("run", String, primary_key=True),
    Column("cycle", Integer, primary_key=True),
    Column("index", Integer, primary_key=True),
    Column("phase", String, nullable=False),
    Column("prompt_id", String, ForeignKey("prompts.id"), nullable=False),
    Column("completion", PlainText, nullable=False),
    Column("tokens", Count, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("parent", String),
    Column("seed", BigInteger, nullable=False),
    Column("generator", String, nullable=False),
    Column("network_id", String, ForeignKey("networks.id"), index=True),
    Column("nearest_id", String),
    Column("nearest_jaccard", Float),
    Column("parameters", Count),
    Column("flops", Count),
    Column("graph", String),
    Column("build_seconds", Float),
    Column("outcome", String),
    Column("stage", String),
    Column("error", PlainText),
    Column("accuracy", Float),
    Column("admitted", Boolean, nullable=False),
    Column("timings", Data, nullable=False),
    Column("source", PlainText),
    ForeignKeyConstraint(["run", "cycle"], ["cycles.run", "cycles.number"]),
)

Index("evaluations_by_outcome", evaluations.c.recipe_id, evaluations.c.outcome)
