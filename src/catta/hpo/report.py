"""What tuning a network came to, and its best recipe as a file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from catta.records import Recipe

_NOT_IN_RECIPE = frozenset({"task", "prm"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Best:
    """A trial that no other one is better than in all objectives.

    Attributes:
        number: Of the trial in its study.
        values: What it came to, by objective.
        hyperparameters: What was chosen for it, by name.
        recipe: All that fixes its training.
    """

    number: int
    values: Mapping[str, float]
    hyperparameters: Mapping[str, Any]
    recipe: Recipe


@dataclass(frozen=True, kw_only=True, slots=True)
class TuneReport:
    """What tuning a network came to.

    Attributes:
        network: Its name.
        network_id: Its identity.
        task: What it was tuned for.
        metric: What `accuracy` is.
        study: Name of the study.
        storage: URL of its storage, without a password; None in memory.
        states: How many trials are `complete`, `pruned` and `failed`.
        new: Trials that ended in this call.
        queued: Hyperparameters that were tried first, because the corpus knew them.
        best: The best trial, or with several objectives all of the Pareto front.
        errors: How often trials failed so, most frequent first.
        note: One line where the data are not quite what was asked for.
    """

    network: str
    network_id: str
    task: str
    metric: str
    study: str
    storage: str | None
    states: Mapping[str, int]
    new: int
    queued: int
    best: tuple[Best, ...] = ()
    errors: Mapping[str, int] = field(default_factory=dict[str, int])
    note: str | None = None


def best_toml(network: str, best: Best) -> str:
    """A training file for `catta train`, with all that fixes the training.

    Args:
        network: As `catta train` takes it: a path or a name.
        best: The trial.
    """
    recipe = best.recipe
    fields = {
        name: value
        for name, value in recipe.model_dump().items()
        if name not in _NOT_IN_RECIPE and value is not None
    }
    values = ", ".join(f"{name} {value:.6g}" for name, value in best.values.items())
    lines = [f"# Trial {best.number}: {values}", f"network = {_toml(network)}"]
    lines += [f"task = {_toml(recipe.task)}", "", "[recipe]"]
    lines += [f"{name} = {_toml(value)}" for name, value in fields.items()]
    if recipe.prm:
        lines += ["", "[prm]"]
        lines += [f"{_toml(name)} = {_toml(value)}" for name, value in recipe.prm.items()]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    """A text, number or truth value; what JSON makes of them is TOML."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
