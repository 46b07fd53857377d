"""Networks from outside into the corpus, and out of it what else they are wanted for.

The names below are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from catta.lazy import exports

if TYPE_CHECKING:
    from catta.library.chat import parse_shapes
    from catta.library.creation import create
    from catta.library.export import ExportReport, export_data
    from catta.library.grouping import groups
    from catta.library.importing import import_lemur
    from catta.library.inspection import InspectReport, inspect_networks
    from catta.library.joins import JoinConf, data
    from catta.library.optuna_study import OptunaReport, import_optuna
    from catta.library.own import AddReport, add_networks
    from catta.library.progress import ImportProgress, SilentProgress
    from catta.library.report import ImportReport

__all__ = [
    "AddReport",
    "ExportReport",
    "ImportProgress",
    "ImportReport",
    "InspectReport",
    "JoinConf",
    "OptunaReport",
    "SilentProgress",
    "add_networks",
    "create",
    "data",
    "export_data",
    "groups",
    "import_lemur",
    "import_optuna",
    "inspect_networks",
    "parse_shapes",
]

_HOMES = {
    "AddReport": "catta.library.own",
    "ExportReport": "catta.library.export",
    "ImportProgress": "catta.library.progress",
    "ImportReport": "catta.library.report",
    "InspectReport": "catta.library.inspection",
    "JoinConf": "catta.library.joins",
    "OptunaReport": "catta.library.optuna_study",
    "SilentProgress": "catta.library.progress",
    "add_networks": "catta.library.own",
    "create": "catta.library.creation",
    "data": "catta.library.joins",
    "export_data": "catta.library.export",
    "groups": "catta.library.grouping",
    "import_lemur": "catta.library.importing",
    "import_optuna": "catta.library.optuna_study",
    "inspect_networks": "catta.library.inspection",
    "parse_shapes": "catta.library.chat",
}

__getattr__, __dir__ = exports(__name__, _HOMES)
