"""Names shared by networks, losses that are NaN, a candidate's own spelling, hashes of sources.

Two networks may come with one name; a diverged training has no loss; a candidate may spell a known
network with other local names; a hash beside each source shows damage.
"""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

# Sorted by code points in every database, as SQLite does.
_NAME = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Change four tables."""
    _share_names()
    with op.batch_alter_table("epochs") as epochs:
        epochs.alter_column("loss", existing_type=sa.Float(), nullable=True)
    op.add_column("candidates", sa.Column("source", sa.Text()))
    op.add_column("networks", sa.Column("sha256", _NAME))
    _hash_sources()


def _share_names() -> None:
    op.drop_index("ix_aliases_network_id", "aliases")
    op.rename_table("aliases", "aliases_0001")
    op.create_table(
        "aliases",
        sa.Column("name", _NAME, primary_key=True),
        sa.Column("network_id", _NAME, sa.ForeignKey("networks.id"), primary_key=True),
    )
    op.create_index("ix_aliases_network_id", "aliases", ["network_id"])
    old, new = _table("aliases_0001", "name", "network_id"), _table("aliases", "name", "network_id")
    op.execute(new.insert().from_select(["name", "network_id"], sa.select(*old.c)))
    op.drop_table("aliases_0001")


def _hash_sources() -> None:
    networks = _table("networks", "id", "source", "sha256")
    connection = op.get_bind()
    rows = connection.execute(sa.select(networks.c.id, networks.c.source)).all()
    if rows:
        connection.execute(
            networks.update()
            .where(networks.c.id == sa.bindparam("key"))
            .values(sha256=sa.bindparam("hash")),
            [
                {"key": row.id, "hash": hashlib.sha256(row.source.encode()).hexdigest()}
                for row in rows
            ],
        )


def _table(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, *[sa.Column(column, _NAME) for column in columns])
