"""Tuning one network: a study is opened, worked on until there are enough trials, and reported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from catta.corpus import Corpus
from catta.errors import Interrupted
from catta.hpo.leftovers import counts, reclaim
from catta.hpo.plan import Plan, Tell, make_plan
from catta.hpo.report import TuneReport
from catta.hpo.settings import TuneSettings
from catta.hpo.space import fitted
from catta.hpo.storage import StudyStorage, explained
from catta.hpo.studies import best_of, directions, open_study, states_of
from catta.hpo.trials import ERROR
from catta.hpo.warm_start import known_hyperparameters
from catta.hpo.working import work
from catta.records import Network, Recipe


@dataclass(frozen=True, kw_only=True, slots=True)
class _Begun:
    """A study as this call found it.

    Attributes:
        study: Opened, or begun.
        again: How many trials were cut off and are tried once more.
        queued: How many hyperparameters were taken from the corpus.
        before: How many trials had ended.
    """

    study: optuna.Study
    again: int
    queued: int
    before: int


def tune(
    network: Network,
    base: Recipe,
    *,
    corpus: Corpus,
    settings: TuneSettings | None = None,
    tell: Tell | None = None,
    stop: Callable[[], bool] | None = None,
) -> TuneReport:
    """Search the hyperparameters of a network; every trial is an evaluation of the corpus as well.

    A study that was interrupted, or killed, goes on when this is called again: what was running is
    tried once more, from its last epoch on. Several processes may work on one study.

    Args:
        network: See `catta.training.find_subject`.
        base: What all trials have in common; see `catta.training.recipe_for`.
        corpus: Where evaluations are kept; the studies lie beside it.
        settings: How.
        tell: Shows the user one line; called in other threads too.
        stop: Asked after each epoch whether to stop.

    Raises:
        UsageError: The settings make no sense for this network, or the study is of something else.
        CattaError: The dataset, the sandbox or the storage cannot be had.
        Interrupted: `stop` said so; the next call goes on.
    """
    said, asked = tell or _nobody, stop or _never
    plan = make_plan(network, base, settings or TuneSettings(), said)
    storage = StudyStorage(corpus)
    try:
        with explained(storage.shown):
            begun = _begin(storage, corpus, plan)
            if begun.again:
                said(f"Trials that were cut off and are tried once more: {begun.again}")
            if begun.before:
                said(f"Going on after trial {begun.before} of {plan.limit}")
            work(storage, corpus, plan, said, asked)
            ended = _ended(begun.study)
            if asked() and ended < plan.limit:
                raise Interrupted(
                    f"Stopped after {ended} of {plan.limit} trials; start it again to go on."
                )
            return _report(begun, plan, storage)
    finally:
        storage.close()


def _begin(storage: StudyStorage, corpus: Corpus, plan: Plan) -> _Begun:
    """Open the study, take up what was left over, and queue what is known."""
    words = directions(plan.settings.objectives, plan.base.metric)
    with storage.alone():
        study = open_study(storage, plan.name, plan.common, words)
        again = reclaim(study, storage.optuna, plan.base.seconds)
        queued = _warm_start(corpus, study, plan)
    return _Begun(study=study, again=again, queued=queued, before=_ended(study))


def _warm_start(corpus: Corpus, study: optuna.Study, plan: Plan) -> int:
    """Queue what is known, if the study has just begun; returns how many there are."""
    if plan.settings.sampler == "grid" or study.get_trials(deepcopy=False):
        return 0
    queued: list[dict[str, Any]] = []
    for known in known_hyperparameters(corpus, plan.network, plan.base):
        if len(queued) >= min(plan.settings.warm_start, plan.limit):
            break
        values = fitted(plan.space, known)
        if values and values not in queued:
            queued.append(values)
            study.enqueue_trial(values, user_attrs={"from": "the corpus"})
    return len(queued)


def _ended(study: optuna.Study) -> int:
    """How many of the trials that were asked for have ended."""
    return sum(t.state.is_finished() and counts(t) for t in study.get_trials(deepcopy=False))


def _report(begun: _Begun, plan: Plan, storage: StudyStorage) -> TuneReport:
    trials = begun.study.get_trials(deepcopy=False)
    return TuneReport(
        network=plan.network.name,
        network_id=plan.network.id,
        task=plan.base.task,
        metric=plan.base.metric,
        study=plan.name,
        storage=storage.shown,
        states=states_of(trials),
        new=_ended(begun.study) - begun.before,
        queued=begun.queued,
        best=best_of(begun.study, plan.base, plan.settings.objectives),
        errors=_errors(trials),
        note=plan.note,
    )


def _errors(trials: list[FrozenTrial]) -> dict[str, int]:
    """Why trials failed, with how many did, the most frequent reason first."""
    failed = [t for t in trials if t.state == TrialState.FAIL and counts(t)]
    return dict(Counter(str(t.user_attrs.get(ERROR)) for t in failed).most_common())


def _nobody(text: str) -> None:
    """Tell nobody."""


def _never() -> bool:
    return False
