"""The first schema.

Written out, not taken from `schema.py`: a migration must not change when the schema does.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# Sorted by code points in every database, as SQLite does.
_NAME = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Create all tables."""
    _networks()
    _evaluations()
    _runs()


def _networks() -> None:
    op.create_table(
        "networks",
        sa.Column("id", _NAME, primary_key=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("name", _NAME, nullable=False),
        sa.Column("origin", _NAME, nullable=False),
        sa.Column("parent", _NAME),
        sa.Column("licence", _NAME),
        sa.Column("created", _NAME, nullable=False),
    )
    op.create_table(
        "aliases",
        sa.Column("name", _NAME, primary_key=True),
        sa.Column("network_id", _NAME, sa.ForeignKey("networks.id"), nullable=False),
    )
    op.create_index("ix_aliases_network_id", "aliases", ["network_id"])
    op.create_table(
        "fingerprints",
        sa.Column("network_id", _NAME, sa.ForeignKey("networks.id"), primary_key=True),
        sa.Column("minhash", sa.LargeBinary(), nullable=False),
        sa.Column("graph", _NAME),
    )
    op.create_table(
        "facts",
        sa.Column("network_id", _NAME, sa.ForeignKey("networks.id"), primary_key=True),
        sa.Column("shapes", _NAME, primary_key=True),
        sa.Column("parameters", sa.BigInteger(), nullable=False),
        sa.Column("flops", sa.BigInteger(), nullable=False),
        sa.Column("graph", _NAME, nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
    )
    op.create_table(
        "reported",
        sa.Column("network_id", _NAME, sa.ForeignKey("networks.id"), primary_key=True),
        sa.Column("task", _NAME, primary_key=True),
        sa.Column("dataset", _NAME, primary_key=True),
        sa.Column("metric", _NAME, primary_key=True),
        sa.Column("epoch", sa.Integer(), primary_key=True),
        sa.Column("source", _NAME, primary_key=True),
        sa.Column("accuracy", sa.Float(), nullable=False),
    )
    op.create_table(
        "seed_sets",
        sa.Column("key", _NAME, primary_key=True),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("created", _NAME, nullable=False),
    )
    op.create_table(
        "seed_members",
        sa.Column("key", _NAME, sa.ForeignKey("seed_sets.key"), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("network_id", _NAME, sa.ForeignKey("networks.id"), nullable=False),
    )


def _evaluations() -> None:
    op.create_table(
        "recipes",
        sa.Column("id", _NAME, primary_key=True),
        sa.Column("settings", sa.JSON(), nullable=False),
    )
    op.create_table(
        "evaluations",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("network_id", _NAME, sa.ForeignKey("networks.id"), nullable=False),
        sa.Column("recipe_id", _NAME, sa.ForeignKey("recipes.id"), nullable=False),
        sa.Column("outcome", _NAME, nullable=False),
        sa.Column("stage", _NAME, nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("parameters", sa.BigInteger()),
        sa.Column("flops", sa.BigInteger()),
        sa.Column("graph", _NAME),
        sa.Column("build_seconds", sa.Float()),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("created", _NAME, nullable=False),
        sa.UniqueConstraint("network_id", "recipe_id"),
    )
    op.create_index("evaluations_by_outcome", "evaluations", ["recipe_id", "outcome"])
    op.create_index("ix_evaluations_recipe_id", "evaluations", ["recipe_id"])
    op.create_table(
        "epochs",
        sa.Column("evaluation_id", sa.Integer(), sa.ForeignKey("evaluations.id"), primary_key=True),
        sa.Column("epoch", sa.Integer(), primary_key=True),
        sa.Column("loss", sa.Float(), nullable=False),
        sa.Column("accuracy", sa.Float(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
    )
    op.create_table(
        "adapters",
        sa.Column("key", _NAME, primary_key=True),
        sa.Column("path", _NAME, nullable=False),
        sa.Column("sha256", _NAME, nullable=False),
        sa.Column("base_model", _NAME, nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("losses", sa.JSON(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("created", _NAME, nullable=False),
    )


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", _NAME, primary_key=True),
        sa.Column("arm", _NAME, nullable=False),
        sa.Column("config", sa.JSON(), nullable=False),
        sa.Column("commit", _NAME),
        sa.Column("created", _NAME, nullable=False),
        sa.Column("finished", _NAME),
        sa.Column("assessment", sa.JSON(), nullable=False),
    )
    op.create_table(
        "cycles",
        sa.Column("run", _NAME, sa.ForeignKey("runs.id"), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("generator", _NAME, nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("adapter", _NAME, sa.ForeignKey("adapters.key")),
        sa.Column("timings", sa.JSON(), nullable=False),
        sa.Column("metrics", sa.JSON(), nullable=False),
    )
    op.create_table(
        "prompts",
        sa.Column("id", _NAME, primary_key=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
    )
    op.create_table(
        "candidates",
        sa.Column("run", _NAME, primary_key=True),
        sa.Column("cycle", sa.Integer(), primary_key=True),
        sa.Column("index", sa.Integer(), primary_key=True),
        sa.Column("phase", _NAME, nullable=False),
        sa.Column("prompt_id", _NAME, sa.ForeignKey("prompts.id"), nullable=False),
        sa.Column("completion", sa.Text(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("parent", _NAME),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("generator", _NAME, nullable=False),
        sa.Column("network_id", _NAME, sa.ForeignKey("networks.id")),
        sa.Column("nearest_id", _NAME),
        sa.Column("nearest_jaccard", sa.Float()),
        sa.Column("parameters", sa.BigInteger()),
        sa.Column("flops", sa.BigInteger()),
        sa.Column("graph", _NAME),
        sa.Column("build_seconds", sa.Float()),
        sa.Column("outcome", _NAME),
        sa.Column("stage", _NAME),
        sa.Column("error", sa.Text()),
        sa.Column("accuracy", sa.Float()),
        sa.Column("admitted", sa.Boolean(), nullable=False),
        sa.Column("timings", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["run", "cycle"], ["cycles.run", "cycles.number"]),
    )
    op.create_index("ix_candidates_network_id", "candidates", ["network_id"])
