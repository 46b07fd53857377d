"""Recipes for any task and network: what is not said is what suits the task."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from catta.errors import UsageError
from catta.evaluation.hyperparameters import declared_hyperparameters, has_own_recipe
from catta.records import Recipe
from catta.tasks.known_tasks import expect_task, own_task
from catta.tasks.metrics import main_metric, metric_names

_DEFAULTS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "img-classification": {"dataset": "fashion-mnist"},
        "img-segmentation": {"dataset": "scenes", "resolution": 64, "batch": 32},
        "obj-detection": {"dataset": "scenes", "resolution": 128, "batch": 32},
        "img-captioning": {"dataset": "scenes", "resolution": 64, "batch": 64},
        "txt-generation": {"dataset": "python-docs", "batch": 32, "length": 128},
    }
)
_SMALL_SCORING = {"validation_samples": 1_000}
"""Predictions of pixels, boxes and texts are large."""

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
    expect_task(task)
    given = {name: value for name, value in settings.items() if value is not None}
    metric = given.setdefault("metric", main_metric(task))
    if metric not in metric_names(task):
        known = ", ".join(metric_names(task))
        raise UsageError(f"metric of {task} must be one of {known}, not {metric!r}")
    declared = declared_hyperparameters(source)
    chosen = _declared_only(dict(prm or {}), declared)
    given |= {name: chosen.pop(name) for name in FIELDS & chosen.keys()}
    unsaid = dict.fromkeys(declared - FIELDS, UNSAID) | dict.fromkeys({"pretrained"} & declared, 0)
    given.setdefault("track", "own" if has_own_recipe(source) else "fixed")
    if given["track"] == "own":
        _refuse_what_is_fixed(given)
    given.setdefault("seconds", _HOURS)
    try:
        return Recipe.model_validate(
            {"task": task, **_suitable(task), **given, "prm": {**unsaid, **chosen}}
        )
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        raise UsageError(f"{where}: {problem['msg']}") from error


def _suitable(task: str) -> dict[str, Any]:
    """What suits a task where nothing is said."""
    own = own_task(task)
    if own is not None:
        return {"dataset": own.dataset, **own.recipe}
    small = {} if task == "img-classification" else _SMALL_SCORING
    return {**small, **_DEFAULTS[task]}


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
