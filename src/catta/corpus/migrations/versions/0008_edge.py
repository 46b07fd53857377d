"""Files that networks became, and measurements of running them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

# Sorted by code points in every database, as SQLite does.
_NAME = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Make two tables."""
    op.create_table(
        "edge_exports",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("network_id", _NAME, sa.ForeignKey("networks.id"), nullable=False),
        *(
            sa.Column(name, _NAME, nullable=False)
            for name in ("recipe_id", "format", "quantization", "sha256")
        ),
        sa.Column("file_bytes", sa.BigInteger(), nullable=False),
        sa.Column("dynamic", sa.Boolean(), nullable=False),
        sa.Column("dataset", _NAME, nullable=False),
        sa.Column("metric", _NAME, nullable=False),
        sa.Column("accuracy_before", sa.Float(), nullable=False),
        sa.Column("accuracy_after", sa.Float(), nullable=False),
        sa.Column("compared", sa.Integer(), nullable=False),
        sa.Column("max_abs", sa.Float(), nullable=False),
        sa.Column("top1", sa.Float(), nullable=False),
        sa.Column("trained", sa.Boolean(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("created", _NAME, nullable=False),
        sa.UniqueConstraint("network_id", "recipe_id", "format", "quantization"),
    )
    op.create_table(
        "edge_measurements",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", _NAME, nullable=False),
        sa.Column("network_id", _NAME, sa.ForeignKey("networks.id"), index=True),
        *(sa.Column(name, _NAME) for name in ("sha256", "format", "quantization")),
        *(
            sa.Column(name, _NAME, nullable=False)
            for name in ("runtime", "runtime_version", "device", "os")
        ),
        sa.Column("threads", sa.Integer(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("sample", sa.JSON(), nullable=False),
        sa.Column("warmup", sa.Integer(), nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.Float(), nullable=False)
            for name in ("median_ms", "p95_ms", "p99_ms")
        ),
        sa.Column("cpu_ms", sa.Float()),
        sa.Column("throughput", sa.Float(), nullable=False),
        sa.Column("load_ms", sa.Float()),
        sa.Column("peak_memory_mb", sa.Float()),
        sa.Column("file_bytes", sa.BigInteger()),
        sa.Column("energy_mj", sa.Float()),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("created", _NAME, nullable=False),
    )
