"""Published trials: every measurement of LEMUR, by integer keys, and what it refers to.

A name a trial was recorded under is a subject of its own: some have no network, many share one.
Until now the networks of LEMUR were kept only as reduced architectures, and are called so now.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

# Sorted by code points in every database, as SQLite does.
_NAME = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Make eight tables; change one word in another."""
    _make_imports()
    _make_traits()
    _make_keys()
    _make_trials()
    _make_modules()
    _make_measurements()
    networks = sa.table("networks", sa.Column("origin", _NAME))
    op.execute(networks.update().where(networks.c.origin == "lemur").values(origin="architecture"))


def _make_imports() -> None:
    op.create_table(
        "imports",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("sha256", _NAME, nullable=False, unique=True),
        sa.Column("version", _NAME),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("created", _NAME, nullable=False),
    )


def _make_traits() -> None:
    op.create_table(
        "traits",
        sa.Column("network_id", _NAME, sa.ForeignKey("networks.id"), primary_key=True),
        sa.Column("family", _NAME, nullable=False),
        sa.Column("imports", sa.JSON(), nullable=False),
        sa.Column("pretrained", sa.Boolean(), nullable=False),
        sa.Column("classes", sa.Integer(), nullable=False),
        sa.Column("functions", sa.Integer(), nullable=False),
        sa.Column("sequential", sa.Boolean(), nullable=False),
        sa.Column("module_list", sa.Boolean(), nullable=False),
        sa.Column("module_dict", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_traits_family", "traits", ["family"])


def _make_keys() -> None:
    op.create_table(
        "subjects",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", _NAME, nullable=False, unique=True),
        sa.Column("network_id", _NAME, sa.ForeignKey("networks.id")),
    )
    op.create_index("ix_subjects_network_id", "subjects", ["network_id"])
    op.create_table(
        "problems",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("task", _NAME, nullable=False),
        sa.Column("dataset", _NAME, nullable=False),
        sa.Column("metric", _NAME, nullable=False),
        sa.UniqueConstraint("task", "dataset", "metric"),
    )
    op.create_table(
        "parameter_sets",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("uid", _NAME, nullable=False),
        sa.Column("transform", _NAME, nullable=False),
        sa.Column("prm", sa.Text(), nullable=False),
    )


def _make_trials() -> None:
    op.create_table(
        "trials",
        sa.Column("id", sa.Integer(), primary_key=True),
        _reference("subject_id", "subjects.id"),
        _reference("problem_id", "problems.id"),
        _reference("parameter_set_id", "parameter_sets.id"),
        _reference("import_id", "imports.id"),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("accuracy", sa.Float(), nullable=False),
        sa.Column("duration", sa.BigInteger()),
    )
    op.create_index("ix_trials_problem_id", "trials", ["problem_id"])
    op.create_index("trials_by_subject", "trials", ["subject_id", "problem_id", "epoch"])


def _make_modules() -> None:
    op.create_table(
        "modules",
        sa.Column("kind", _NAME, primary_key=True),
        sa.Column("name", _NAME, primary_key=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("sha256", _NAME, nullable=False),
    )


def _make_measurements() -> None:
    op.create_table(
        "device_measurements",
        sa.Column("id", sa.Integer(), primary_key=True),
        _reference("subject_id", "subjects.id"),
        sa.Column("task", _NAME, nullable=False),
        sa.Column("name", _NAME, nullable=False),
        sa.Column("sha256", _NAME, nullable=False),
        sa.Column("device", _NAME),
        sa.Column("os", _NAME),
        sa.Column("valid", sa.Boolean()),
        sa.Column("emulator", sa.Boolean()),
        sa.Column("error", sa.Text()),
        sa.Column("duration", sa.Float()),
        sa.Column("analytics", sa.Text()),
        sa.UniqueConstraint("subject_id", "task", "name", "sha256"),
    )


def _reference(name: str, target: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), sa.ForeignKey(target), nullable=False)
