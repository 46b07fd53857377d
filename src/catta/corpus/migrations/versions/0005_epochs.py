"""More about each epoch of an evaluation: all metrics of the task, and how the training went."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add columns, empty for what was measured before."""
    numbers = ("learning_rate", "gradient_norm", "samples_per_second", "peak_memory_mb")
    for name in numbers:
        op.add_column("epochs", sa.Column(name, sa.Float()))
    op.add_column("epochs", sa.Column("metrics", sa.JSON()))
