"""Evaluations: what Catta trained itself."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, Table, UniqueConstraint

from catta.corpus.columns import Count, Data, Loss, Name, PlainText
from catta.corpus.schema.base import metadata

recipes = Table(
    "recipes",
    metadata,
    Column("id", Name, primary_key=True),
    Column("settings", Data, nullable=False),
)

evaluations = Table(
    "evaluations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("network_id", Name, ForeignKey("networks.id"), nullable=False),
    Column("recipe_id", Name, ForeignKey("recipes.id"), nullable=False, index=True),
    Column("outcome", Name, nullable=False),
    Column("stage", Name, nullable=False),
    Column("error", PlainText),
    Column("parameters", Count),
    Column("flops", Count),
    Column("graph", Name),
    Column("build_seconds", Float),
    Column("seconds", Float, nullable=False),
    Column("created", Name, nullable=False),
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
    Column("learning_rate", Float),
    Column("gradient_norm", Float),
    Column("samples_per_second", Float),
    Column("peak_memory_mb", Float),
    Column("metrics", Data(none_as_null=True)),
)

Index("evaluations_by_outcome", evaluations.c.recipe_id, evaluations.c.outcome)
