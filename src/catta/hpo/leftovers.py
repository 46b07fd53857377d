"""Trials that nobody works on any more: they are failed, and tried once more."""

from __future__ import annotations

import os
import platform
from datetime import datetime
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

OWNER = "owner"
GIVEN_UP = "given up"
"""User attribute of a trial that another one took the place of."""

_FIXED = "fixed_params"
_NO_OWNER_SECONDS = 60.0
_GRACE_SECONDS = 600.0


def owner() -> list[Any]:
    """This process, as nobody else was or will be: machine, number, and when it began."""
    return [platform.node(), os.getpid(), _began(os.getpid())]


def counts(trial: FrozenTrial) -> bool:
    """Whether a trial is one of those that were asked for."""
    return trial.state != TrialState.WAITING and GIVEN_UP not in trial.user_attrs


def give_back(study: optuna.Study, storage: BaseStorage, number: int, why: str) -> None:
    """Fail a trial that came to nothing and was not to blame, and put it into the queue again.

    Its training goes on from its checkpoint if there is one. One that has ended stays as it is.

    Args:
        study: Whose trial.
        storage: Where the study is.
        number: Of the trial.
        why: What happened to it.
    """
    study_id = storage.get_study_id_from_name(study.study_name)
    trial_id = storage.get_trial_id_from_study_id_trial_number(study_id, number)
    if storage.get_trial(trial_id).state.is_finished():
        return
    storage.set_trial_user_attr(trial_id, GIVEN_UP, why)
    storage.set_trial_state_values(trial_id, TrialState.FAIL)
    trial = storage.get_trial(trial_id)
    attributes = dict(trial.system_attrs)
    attributes[_FIXED] = {**attributes.get(_FIXED, {}), **trial.params}
    study.add_trial(
        create_trial(
            state=TrialState.WAITING,
            params=trial.params,
            distributions=trial.distributions,
            system_attrs=attributes,
        )
    )


def reclaim(study: optuna.Study, storage: BaseStorage, seconds: float) -> int:
    """Give back the trials whose process is gone.

    Args:
        study: Whose trials.
        storage: Where the study is.
        seconds: The wall-clock limit of one training: on another machine a trial that is older is
            taken for lost.

    Returns:
        How many there were.
    """
    lost = [
        trial
        for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        if _is_lost(trial, seconds)
    ]
    for trial in lost:
        give_back(study, storage, trial.number, "its process ended")
    return len(lost)


def _is_lost(trial: FrozenTrial, seconds: float) -> bool:
    begun = trial.datetime_start
    age = (datetime.now() - begun).total_seconds() if begun is not None else 0.0  # as Optuna's
    found = trial.user_attrs.get(OWNER)
    if not isinstance(found, list) or len(found) != 3:
        return age > _NO_OWNER_SECONDS
    machine, process, when = found
    if machine != platform.node():
        return age > seconds + _GRACE_SECONDS
    return _began(int(process)) != when


def _began(process: int) -> str | None:
    """When a process began, in ticks since the machine did; None where there is none."""
    try:
        status = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return status.rpartition(")")[2].split()[19]
