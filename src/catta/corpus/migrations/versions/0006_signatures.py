"""MinHash signatures for questions about similarity; what runs know stays in `fingerprints`."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

# Sorted by code points in every database, as SQLite does.
_NAME = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Make a table."""
    op.create_table(
        "signatures",
        sa.Column("network_id", _NAME, sa.ForeignKey("networks.id"), primary_key=True),
        sa.Column("minhash", sa.LargeBinary(), nullable=False),
    )
