"""Static facts of networks; and what kind of source an import had.

Until now the trials of an Optuna study were known by a version that began with its name.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

# Sorted by code points in every database, as SQLite does.
_NAME = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_OPTUNA = "optuna:"


def upgrade() -> None:
    """Make a table; add a column to another."""
    _make_inspections()
    _tell_kinds()


def _make_inspections() -> None:
    counts = ("parameters", "trainable", "parameter_bytes", "buffer_bytes", "activation_bytes")
    sizes = ("flops", "depth", "nesting", "layers", "leaf_layers", "dropouts")
    op.create_table(
        "inspections",
        sa.Column("network_id", _NAME, sa.ForeignKey("networks.id"), primary_key=True),
        sa.Column("task", _NAME, primary_key=True),
        sa.Column("outcome", _NAME, nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created", _NAME, nullable=False),
        sa.Column("resolution", sa.Integer()),
        *(sa.Column(name, sa.BigInteger()) for name in (*counts, *sizes)),
        sa.Column("operators", sa.JSON()),
        sa.Column("attention", sa.Boolean()),
        sa.Column("residual", sa.Boolean()),
        sa.Column("graph", _NAME),
        sa.Column("pretrained", sa.Boolean()),
        sa.Column("computed", sa.Boolean()),
        sa.Column("seconds", sa.Float()),
    )


def _tell_kinds() -> None:
    # Existing rows need a value; new ones state theirs, so the default goes again.
    op.add_column("imports", sa.Column("kind", _NAME, nullable=False, server_default="lemur"))
    imports = sa.table("imports", sa.column("kind", _NAME), sa.column("version", _NAME))
    optuna = imports.c.version.startswith(_OPTUNA, autoescape=True)
    study = sa.func.substr(imports.c.version, len(_OPTUNA) + 1)
    op.execute(imports.update().where(optuna).values(kind="optuna", version=study))
    with op.batch_alter_table("imports") as batch:
        batch.alter_column("kind", existing_type=_NAME, server_default=None)
