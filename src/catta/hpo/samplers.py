"""Samplers and pruners by name."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import optuna
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner, WilcoxonPruner
from optuna.samplers import (
    BaseSampler,
    CmaEsSampler,
    GridSampler,
    NSGAIISampler,
    RandomSampler,
    TPESampler,
)
from optuna.trial import FrozenTrial, TrialState

from catta.errors import UsageError
from catta.hpo.space import Choices, Space, grid_of

PRUNERS = ("none", "hyperband", "median", "wilcoxon")
_WARM_UP_TRIALS = 5


class _Grid(GridSampler):
    """All combinations, each once; how many trials there are is decided elsewhere."""

    def after_trial(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        state: TrialState,
        values: Sequence[float] | None,
    ) -> None:
        """Nothing: the original stops a loop of Optuna's, which does not run here."""


_SAMPLERS: Mapping[str, Callable[[Space, int], BaseSampler]] = {
    # Several trainings at the same time do not try the same.
    "tpe": lambda space, seed: TPESampler(seed=seed, constant_liar=True),
    "cmaes": lambda space, seed: CmaEsSampler(seed=seed, warn_independent_sampling=False),
    "random": lambda space, seed: RandomSampler(seed=seed),
    # Its seed shuffles the numbers of the combinations, by which trials know them.
    "grid": lambda space, seed: _Grid(grid_of(space), seed=0),
    "nsga2": lambda space, seed: NSGAIISampler(seed=seed),
}
SAMPLERS = tuple(_SAMPLERS)


def make_sampler(name: str, space: Space, seed: int) -> BaseSampler:
    """A sampler of Optuna's.

    Raises:
        UsageError: It needs a package that is not installed.
    """
    try:
        with _experimental():
            return _SAMPLERS[name](space, seed)
    except ImportError as error:
        raise UsageError(
            f"sampler {name} needs a package: pip install 'catta[hpo]' ({error.name})"
        ) from error


def make_pruner(name: str, epochs: int) -> BasePruner:
    """A pruner of Optuna's; its steps are epochs."""
    with _experimental():
        match name:
            case "hyperband":
                return HyperbandPruner(min_resource=1, max_resource=epochs)
            case "median":
                return MedianPruner(n_startup_trials=_WARM_UP_TRIALS)
            case "wilcoxon":
                return WilcoxonPruner()
            case _:
                return NopPruner()


def check_names(sampler: str, pruner: str, space: Space, objectives: int) -> None:
    """Refuse what does not go together.

    Raises:
        UsageError: An unknown name, or a sampler or pruner that does not suit the rest.
    """
    if sampler not in SAMPLERS:
        raise UsageError(f"sampler must be one of {', '.join(SAMPLERS)}, not {sampler!r}")
    if pruner not in PRUNERS:
        raise UsageError(f"pruner must be one of {', '.join(PRUNERS)}, not {pruner!r}")
    if objectives > 1 and pruner != "none":
        raise UsageError(f"pruner {pruner} compares one objective; there are {objectives}")
    if objectives > 1 and sampler == "cmaes":
        raise UsageError("sampler cmaes has one objective; take tpe or nsga2 for several")
    if sampler == "cmaes" and all(isinstance(p, Choices) for p in space.values()):
        raise UsageError("sampler cmaes needs a hyperparameter with a range")


def grid_size(space: Space) -> int:
    """Number of combinations that a grid has."""
    return math.prod(len(values) for values in grid_of(space).values())


def _experimental() -> Any:
    """Optuna warns of what it may still change; we test against the versions that we allow."""
    return warnings.catch_warnings(action="ignore", category=optuna.exceptions.ExperimentalWarning)
