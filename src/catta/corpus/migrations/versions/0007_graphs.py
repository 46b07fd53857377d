"""Traced graphs of networks."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

# Sorted by code points in every database, as SQLite does.
_NAME = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Make a table."""
    op.create_table(
        "graphs",
        sa.Column("network_id", _NAME, sa.ForeignKey("networks.id"), primary_key=True),
        sa.Column("task", _NAME, primary_key=True),
        sa.Column("content", sa.LargeBinary()),
    )
