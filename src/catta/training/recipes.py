"""Recipes for any task and network: what is not said is what suits the task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from catta.errors import UsageError
from catta.evaluation.hyperparameters import declared_hyperparameters, has_own_recipe
from catta.records import Recipe
from catta.tasks.known_tasks import find_task
from catta.tasks.metrics import find_metric, main_metric
from catta.tasks.task import Task
from catta.tasks.text import TEXT_TASK

FIELDS = frozenset({"lr", "momentum", "dropout", "batch"})
"""Hyperparameters of a network that are fields of a recipe."""

UNSAID = 0.5
"""What a network gets for a hyperparameter that nobody chose: LEMUR draws it from 0..1."""

_HOURS = 3_600.0
_OF_THE_FIXED_TRACK = frozenset(
    {"amp", "clip", "compile", "layout", "optimizer", "schedule", "weight_decay"}
)


def recipe_for(
    task: str, source: str, *, prm: Mapping[str, float] | None = None, **settings: Any
) -> Recipe:
    """A recipe for a network.

    Args:
        task: LEMUR's name of the task.
        source: The network; if it brings `train_setup` and `learn`, these are used, unless
            `track` says otherwise.
        prm: Hyperparameters by name; `lr`, `momentum`, `dropout` and `batch` are fields of the
            recipe. Others that the network declares and that are not given are 0.5, but
            `pretrained`, which is 0.
        **settings: Fields of `Recipe`; None for what suits the task.

    Raises:
        UsageError: An unknown task, a metric that does not suit it, a hyperparameter that the
            network does not declare, a setting of the fixed track for a network that trains itself,
            or a value that makes no sense.
    """
    suitable = find_task(task)
    given = {name: value for name, value in settings.items() if value is not None}
    _refuse_other_sizes(task, suitable, given)
    find_metric(task, given.setdefault("metric", main_metric(task)))
    declared = declared_hyperparameters(source)
    chosen = _declared_only(dict(prm or {}), declared)
    given |= {name: chosen.pop(name) for name in FIELDS & chosen.keys()}
    given.setdefault("track", "own" if has_own_recipe(source) else "fixed")
    if given["track"] == "own":
        _refuse_what_is_fixed(given)
    given.setdefault("seconds", _HOURS)
    fields = {"task": task, "dataset": suitable.dataset, **suitable.recipe, **given}
    try:
        return Recipe.model_validate({**fields, "prm": {**_unsaid(declared), **chosen}})
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        raise UsageError(f"{where}: {problem['msg']}") from error


def completed(recipe: Recipe, source: str) -> Recipe:
    """The recipe, with a value for all that a network declares and nobody chose."""
    prm = {**_unsaid(declared_hyperparameters(source)), **recipe.prm}
    return recipe.model_copy(update={"prm": prm})


def _unsaid(declared: frozenset[str]) -> dict[str, float]:
    """What hyperparameters are that nobody chose, but for those that recipes have anyway."""
    return dict.fromkeys(declared - FIELDS, UNSAID) | dict.fromkeys({"pretrained"} & declared, 0.0)


def _refuse_other_sizes(task: str, suitable: Task, given: Mapping[str, Any]) -> None:
    """A size that does nothing would make another recipe of the same training."""
    if "length" in given and task != TEXT_TASK:
        raise UsageError(f"length is the tokens of a text, which {task} has none of")
    if "resolution" in given and not suitable.images:
        raise UsageError(f"resolution is the size of images, which {task} has none of")


def _refuse_what_is_fixed(given: Mapping[str, Any]) -> None:
    for name in sorted(_OF_THE_FIXED_TRACK & given.keys()):
        if given[name] != Recipe.model_fields[name].default:
            raise UsageError(
                f"{name} does nothing for a network that trains itself; set track to fixed"
            )


def _declared_only(prm: dict[str, float], declared: frozenset[str]) -> dict[str, float]:
    unknown = sorted(set(prm) - declared - FIELDS)
    if unknown:
        known = ", ".join(sorted(declared | FIELDS))
        raise UsageError(f"the network declares no hyperparameter {unknown[0]}; it has {known}")
    return prm
