"""The tables of a corpus, for SQLAlchemy Core. Changes go through `migrations/versions`."""

from catta.corpus.schema.base import metadata
from catta.corpus.schema.edge_tables import edge_exports, edge_measurements
from catta.corpus.schema.evaluation_tables import epochs, evaluations, recipes
from catta.corpus.schema.network_tables import (
    aliases,
    facts,
    fingerprints,
    graphs,
    inspections,
    networks,
    signatures,
    traits,
)
from catta.corpus.schema.published_tables import (
    device_measurements,
    imports,
    modules,
    parameter_sets,
    problems,
    reported,
    subjects,
    trials,
)
from catta.corpus.schema.run_tables import (
    adapters,
    candidates,
    cycles,
    prompts,
    runs,
    seed_members,
    seed_sets,
)

__all__ = [
    "adapters",
    "aliases",
    "candidates",
    "cycles",
    "device_measurements",
    "edge_exports",
    "edge_measurements",
    "epochs",
    "evaluations",
    "facts",
    "fingerprints",
    "graphs",
    "imports",
    "inspections",
    "metadata",
    "modules",
    "networks",
    "parameter_sets",
    "problems",
    "prompts",
    "recipes",
    "reported",
    "runs",
    "seed_members",
    "seed_sets",
    "signatures",
    "subjects",
    "traits",
    "trials",
]
