"""What an import brings that was not there before, so that it can be taken out again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from catta.corpus import schema

BROUGHT = "brought"
"""Where the report of an import keeps it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Holdings:
    """What a corpus holds of the kinds that imports bring.

    Attributes:
        networks: Identities.
        aliases: Names and identities.
        modules: Kinds and names.
        measurement: Key of the last measurement on a device.
    """

    networks: frozenset[str]
    aliases: frozenset[tuple[str, str]]
    modules: frozenset[tuple[str, str]]
    measurement: int

    @classmethod
    def read(cls, connection: Connection) -> Holdings:
        """What it holds now."""
        names, modules = schema.aliases.c, schema.modules.c
        last = connection.execute(select(func.max(schema.device_measurements.c.id))).scalar()
        return cls(
            networks=frozenset(connection.execute(select(schema.networks.c.id)).scalars()),
            aliases=frozenset(
                (row.name, row.network_id)
                for row in connection.execute(select(names.name, names.network_id))
            ),
            modules=frozenset(
                (row.kind, row.name)
                for row in connection.execute(select(modules.kind, modules.name))
            ),
            measurement=last or 0,
        )

    def brought(self, before: Holdings) -> dict[str, Any]:
        """What was not there before, as plain data."""
        return {
            "networks": sorted(self.networks - before.networks),
            "aliases": sorted(self.aliases - before.aliases),
            "modules": sorted(self.modules - before.modules),
            "measurements": [before.measurement + 1, self.measurement],
        }
