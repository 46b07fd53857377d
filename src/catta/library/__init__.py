"""Networks from outside into the corpus, and out of it what else they are wanted for.

The names below are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from catta.lazy import exports

if TYPE_CHECKING:
    from catta.library.creation import create
    from catta.library.importing import import_lemur
    from catta.library.own import AddReport, add_networks
    from catta.library.progress import ImportProgress, SilentProgress
    from catta.library.report import ImportReport

__all__ = [
    "AddReport",
    "ImportProgress",
    "ImportReport",
    "SilentProgress",
    "add_networks",
    "create",
    "import_lemur",
]

_HOMES = {
    "AddReport": "catta.library.own",
    "ImportProgress": "catta.library.progress",
    "ImportReport": "catta.library.report",
    "SilentProgress": "catta.library.progress",
    "add_networks": "catta.library.own",
    "create": "catta.library.creation",
    "import_lemur": "catta.library.importing",
}

__getattr__, __dir__ = exports(__name__, _HOMES)
