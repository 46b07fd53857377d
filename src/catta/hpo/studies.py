"""Studies: opened or begun, refused where they were begun for something else."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import optuna
from optuna.trial import FrozenTrial, TrialState

from catta.errors import UsageError
from catta.hpo.leftovers import counts
from catta.hpo.report import Best
from catta.hpo.settings import ACCURACY
from catta.hpo.space import Space, plain_space, recipe_of
from catta.hpo.storage import StudyStorage
from catta.records import Network, Recipe
from catta.tasks.metrics import higher_is_better

Direction = Literal["maximize", "minimize"]

COMPARED = "catta"
"""User attribute of a study: all that its trials have in common."""

_STATES = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
}


def compared(
    network: Network, base: Recipe, space: Space, objectives: Sequence[str]
) -> dict[str, Any]:
    """What the trials of a study have in common, as plain data."""
    recipe = {name: value for name, value in base.model_dump().items() if name not in space}
    return {
        "network": network.id,
        "recipe": {**recipe, "prm": {k: v for k, v in base.prm.items() if k not in space}},
        "space": plain_space(space),
        "objectives": list(objectives),
    }


def study_name(network: Network, base: Recipe, common: Mapping[str, Any]) -> str:
    """A name that only the same question has."""
    digest = hashlib.sha256(json.dumps(common, sort_keys=True).encode()).hexdigest()
    problem = f"{base.task} {base.dataset} {base.metric}"
    return f"{network.name} {problem} {base.epochs} epochs {digest[:8]}"


def directions(objectives: Sequence[str], metric: str) -> list[Direction]:
    """Optuna's word for each objective."""
    up = {ACCURACY} if higher_is_better(metric) else set[str]()
    return ["maximize" if one in up else "minimize" for one in objectives]


def open_study(
    storage: StudyStorage, name: str, common: Mapping[str, Any], words: Sequence[Direction]
) -> optuna.Study:
    """The study of that name, begun if there is none; call it where nobody else does.

    Raises:
        UsageError: There is one that compares something else.
    """
    if name not in optuna.get_all_study_names(storage.optuna):
        study = optuna.create_study(storage=storage.optuna, study_name=name, directions=words)
        study.set_user_attr(COMPARED, dict(common))
        return study
    study = optuna.load_study(storage=storage.optuna, study_name=name)
    known = study.user_attrs.get(COMPARED)
    if known is None and not study.get_trials(deepcopy=False):  # killed just after it was made
        study.set_user_attr(COMPARED, dict(common))
    elif known != common:
        difference = _difference(known, common) if isinstance(known, dict) else "it is not ours"
        raise UsageError(
            f"study {name} compares something else ({difference}); give another --study"
        )
    return study


def states_of(trials: Sequence[FrozenTrial]) -> dict[str, int]:
    """How many trials ended how; those that another one took the place of are left out."""
    found = Counter(_STATES[t.state] for t in trials if t.state in _STATES and counts(t))
    return {word: found[word] for word in _STATES.values()}


def best_of(study: optuna.Study, base: Recipe, objectives: Sequence[str]) -> tuple[Best, ...]:
    """The best trial, or the Pareto front, the best in the first objective first."""
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if not complete:
        return ()
    front = study.best_trials if len(objectives) > 1 else [study.best_trial]
    sign = -1 if study.directions[0] == optuna.study.StudyDirection.MAXIMIZE else 1
    return tuple(
        Best(
            number=trial.number,
            values=dict(zip(objectives, trial.values, strict=True)),
            hyperparameters=dict(trial.params),
            recipe=recipe_of(base, trial.params),
        )
        for trial in sorted(front, key=lambda t: (sign * t.values[0], t.number))
    )


def _difference(known: Mapping[str, Any], common: Mapping[str, Any]) -> str:
    """The first thing that differs."""
    for part in ("network", "objectives"):
        if known.get(part) != common[part]:
            return f"{part} {_short(known.get(part))}, not {_short(common[part])}"
    for part in ("recipe", "space"):
        before, now = known.get(part, {}), common[part]
        for name in sorted({*before, *now}):
            if before.get(name) != now.get(name):
                return f"{name} {_short(before.get(name))}, not {_short(now.get(name))}"
    return "an older version of Catta began it"


def _short(value: object) -> str:
    return "nothing" if value is None else str(value)[:60]
