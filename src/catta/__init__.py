"""Catta: a dataset of neural networks and the loop that makes it grow.

The names below are loaded when they are first used: `import catta` is fast and loads no torch.
"""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

from catta.lazy import exports

if TYPE_CHECKING:
    from catta.corpus import Corpus
    from catta.loop import RunConfig, check, evolve, load_config, resume

    __version__: str

__all__ = [
    "Corpus",
    "RunConfig",
    "__version__",
    "check",
    "evolve",
    "load_config",
    "resume",
]

_HOMES = {
    "Corpus": "catta.corpus",
    "RunConfig": "catta.loop",
    "check": "catta.loop",
    "evolve": "catta.loop",
    "load_config": "catta.loop",
    "resume": "catta.loop",
}

_get, __dir__ = exports(__name__, _HOMES)


def __getattr__(name: str) -> object:
    return metadata.version("catta") if name == "__version__" else _get(name)
