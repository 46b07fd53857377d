"""Training one network, on any task: by name or from a file, in the sandbox, kept in the corpus.

The names below are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from catta.lazy import exports

if TYPE_CHECKING:
    from catta.training.comparable import Fidelity, Noise, fidelity, noise
    from catta.training.quality import Quality, code_quality
    from catta.training.recipes import recipe_for
    from catta.training.running import TrainObserver
    from catta.training.subjects import find_subject
    from catta.training.trainer import Trained, train
    from catta.training.warm import WarmWorker

__all__ = [
    "Fidelity",
    "Noise",
    "Quality",
    "TrainObserver",
    "Trained",
    "WarmWorker",
    "code_quality",
    "fidelity",
    "find_subject",
    "noise",
    "recipe_for",
    "train",
]

_HOMES = {
    "Fidelity": "catta.training.comparable",
    "Noise": "catta.training.comparable",
    "Quality": "catta.training.quality",
    "TrainObserver": "catta.training.running",
    "Trained": "catta.training.trainer",
    "WarmWorker": "catta.training.warm",
    "code_quality": "catta.training.quality",
    "fidelity": "catta.training.comparable",
    "find_subject": "catta.training.subjects",
    "noise": "catta.training.comparable",
    "recipe_for": "catta.training.recipes",
    "train": "catta.training.trainer",
}

__getattr__, __dir__ = exports(__name__, _HOMES)
