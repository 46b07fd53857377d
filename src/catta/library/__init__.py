"""Networks from outside into the corpus, and out of it what else they are wanted for.

The names below are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from catta.lazy import exports

if TYPE_CHECKING:
    from catta.library.creation import create
    from catta.library.grouping import groups
    from catta.library.importing import import_lemur
    from catta.library.joins import JoinConf, data
    from catta.library.own import AddReport, add_networks
    from catta.library.progress import ImportProgress, SilentProgress
    from catta.library.report import ImportReport

__all__ = [
    "AddReport",
    "ImportProgress",
    "ImportReport",
    "JoinConf",
    "SilentProgress",
    "add_networks",
    "create",
    "data",
    "groups",
    "import_lemur",
]

_HOMES = {
    "AddReport": "catta.library.own",
    "ImportProgress": "catta.library.progress",
    "ImportReport": "catta.library.report",
    "JoinConf": "catta.library.joins",
    "SilentProgress": "catta.library.progress",
    "add_networks": "catta.library.own",
    "create": "catta.library.creation",
    "data": "catta.library.joins",
    "groups": "catta.library.grouping",
    "import_lemur": "catta.library.importing",
}

__getattr__, __dir__ = exports(__name__, _HOMES)
