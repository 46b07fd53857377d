"""Catta: a dataset of neural networks and the loop that makes it grow.

The names below are loaded when they are first used: `import catta` is fast and loads no torch.
"""

from __future__ import annotations

from importlib import import_module, metadata
from typing import TYPE_CHECKING

from catta.lazy import exports

if TYPE_CHECKING:
    from catta import export, stats
    from catta.compat import check_nn
    from catta.corpus import Corpus
    from catta.corpus.registry import NetworkCard, network, networks
    from catta.library import (
        JoinConf,
        add_networks,
        create,
        data,
        export_data,
        groups,
        import_lemur,
        import_optuna,
    )
    from catta.loop import RunConfig, check, evolve, load_config, resume
    from catta.training import train

    __version__: str

__all__ = [
    "Corpus",
    "JoinConf",
    "NetworkCard",
    "RunConfig",
    "__version__",
    "add_networks",
    "check",
    "check_nn",
    "create",
    "data",
    "evolve",
    "export",
    "export_data",
    "groups",
    "import_lemur",
    "import_optuna",
    "load_config",
    "network",
    "networks",
    "resume",
    "stats",
    "train",
]

_HOMES = {
    "Corpus": "catta.corpus",
    "JoinConf": "catta.library",
    "NetworkCard": "catta.corpus.registry",
    "RunConfig": "catta.loop",
    "add_networks": "catta.library",
    "check": "catta.loop",
    "check_nn": "catta.compat",
    "create": "catta.library",
    "data": "catta.library",
    "evolve": "catta.loop",
    "export_data": "catta.library",
    "groups": "catta.library",
    "import_lemur": "catta.library",
    "import_optuna": "catta.library",
    "load_config": "catta.loop",
    "network": "catta.corpus.registry",
    "networks": "catta.corpus.registry",
    "resume": "catta.loop",
    "train": "catta.training",
}

_PACKAGES = ("export", "stats")
"""Packages that are used by their names: `catta.stats.summary()`."""

_get, _names = exports(__name__, _HOMES)


def __getattr__(name: str) -> object:
    if name in _PACKAGES:
        return import_module(f"catta.{name}")
    return metadata.version("catta") if name == "__version__" else _get(name)


def __dir__() -> list[str]:
    return sorted({*_names(), *_PACKAGES, "__version__"})
