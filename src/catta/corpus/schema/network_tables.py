"""Networks, and what is known of them without training them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Integer, LargeBinary, Table

from catta.corpus.columns import Count, Data, Name, PlainText
from catta.corpus.schema.base import metadata

networks = Table(
    "networks",
    metadata,
    Column("id", Name, primary_key=True),
    Column("source", PlainText, nullable=False),
    Column("name", Name, nullable=False),
    Column("origin", Name, nullable=False),
    Column("parent", Name),
    Column("licence", Name),
    Column("created", Name, nullable=False),
    Column("sha256", Name),
)

aliases = Table(
    "aliases",
    metadata,
    Column("name", Name, primary_key=True),
    Column("network_id", Name, ForeignKey("networks.id"), primary_key=True, index=True),
)

fingerprints = Table(
    "fingerprints",
    metadata,
    Column("network_id", Name, ForeignKey("networks.id"), primary_key=True),
    Column("minhash", LargeBinary, nullable=False),
    Column("graph", Name),
)

signatures = Table(
    "signatures",
    metadata,
    Column("network_id", Name, ForeignKey("networks.id"), primary_key=True),
    Column("minhash", LargeBinary, nullable=False),
)

facts = Table(
    "facts",
    metadata,
    Column("network_id", Name, ForeignKey("networks.id"), primary_key=True),
    Column("shapes", Name, primary_key=True),
    Column("parameters", Count, nullable=False),
    Column("flops", Count, nullable=False),
    Column("graph", Name, nullable=False),
    Column("seconds", Float, nullable=False),
)

traits = Table(
    "traits",
    metadata,
    Column("network_id", Name, ForeignKey("networks.id"), primary_key=True),
    Column("family", Name, nullable=False, index=True),
    Column("imports", Data, nullable=False),
    Column("pretrained", Boolean, nullable=False),
    Column("classes", Integer, nullable=False),
    Column("functions", Integer, nullable=False),
    Column("sequential", Boolean, nullable=False),
    Column("module_list", Boolean, nullable=False),
    Column("module_dict", Boolean, nullable=False),
)

inspections = Table(
    "inspections",
    metadata,
    Column("network_id", Name, ForeignKey("networks.id"), primary_key=True),
    Column("task", Name, primary_key=True),
    Column("outcome", Name, nullable=False),
    Column("error", PlainText),
    Column("version", Integer, nullable=False),
    Column("created", Name, nullable=False),
    Column("resolution", Integer),
    Column("parameters", Count),
    Column("trainable", Count),
    Column("parameter_bytes", Count),
    Column("buffer_bytes", Count),
    Column("activation_bytes", Count),
    Column("flops", Count),
    Column("depth", BigInteger),
    Column("nesting", BigInteger),
    Column("layers", BigInteger),
    Column("leaf_layers", BigInteger),
    Column("dropouts", BigInteger),
    Column("operators", Data),
    Column("attention", Boolean),
    Column("residual", Boolean),
    Column("graph", Name),
    Column("pretrained", Boolean),
    Column("computed", Boolean),
    Column("seconds", Float),
)

graphs = Table(
    "graphs",
    metadata,
    Column("network_id", Name, ForeignKey("networks.id"), primary_key=True),
    Column("task", Name, primary_key=True),
    Column("content", LargeBinary),  # nothing: it is too large to be kept
)
