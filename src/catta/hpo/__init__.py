"""Tuning the hyperparameters of networks with Optuna; its studies lie beside the corpus.

The names below are loaded when they are first used. Optuna is an extra: `pip install 'catta[hpo]'`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from catta.errors import UsageError
from catta.lazy import exports

if TYPE_CHECKING:
    from catta.hpo.filling import PROFILES, Filled, Profile, fill
    from catta.hpo.report import Best, TuneReport, best_toml
    from catta.hpo.settings import TuneSettings
    from catta.hpo.space import Choices, Range, parse_choices, parse_range
    from catta.hpo.tuning import tune

__all__ = [
    "PROFILES",
    "Best",
    "Choices",
    "Filled",
    "Profile",
    "Range",
    "TuneReport",
    "TuneSettings",
    "best_toml",
    "fill",
    "parse_choices",
    "parse_range",
    "tune",
]

_HOMES = {
    "PROFILES": "catta.hpo.filling",
    "Best": "catta.hpo.report",
    "Choices": "catta.hpo.space",
    "Filled": "catta.hpo.filling",
    "Profile": "catta.hpo.filling",
    "Range": "catta.hpo.space",
    "TuneReport": "catta.hpo.report",
    "TuneSettings": "catta.hpo.settings",
    "best_toml": "catta.hpo.report",
    "fill": "catta.hpo.filling",
    "parse_choices": "catta.hpo.space",
    "parse_range": "catta.hpo.space",
    "tune": "catta.hpo.tuning",
}

_get, __dir__ = exports(__name__, _HOMES)


def __getattr__(name: str) -> object:
    try:
        return _get(name)
    except ModuleNotFoundError as error:
        if error.name != "optuna":
            raise
        raise UsageError(
            "optuna is not installed; install it with: pip install 'catta[hpo]'"
        ) from error
