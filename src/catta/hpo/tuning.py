"""Tuning one network: trials until there are enough, in one or several threads and processes."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from catta.corpus import Corpus
from catta.errors import Interrupted
from catta.hpo.leftovers import OWNER, counts, give_back, owner, reclaim
from catta.hpo.report import TuneReport
from catta.hpo.samplers import check_names, grid_size, make_pruner, make_sampler
from catta.hpo.settings import TuneSettings
from catta.hpo.space import Choices, Space, fitted, space_for
from catta.hpo.storage import StudyStorage, explained
from catta.hpo.studies import best_of, compared, directions, open_study, states_of, study_name
from catta.hpo.trials import ERROR, Trainings
from catta.hpo.warm_start import known_hyperparameters
from catta.records import Network, Recipe
from catta.tasks import prepare
from catta.training import WarmWorker
from catta.training.warm import MOST_THREADS

Tell = Callable[[str], None]

_LOOK_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True, slots=True)
class _Plan:
    """What is tuned and how much of it."""

    network: Network
    base: Recipe
    space: Space
    settings: TuneSettings
    name: str
    limit: int


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
    settings = settings or TuneSettings()
    said, asked = tell or _nobody, stop or _never
    space = space_for(
        network.source,
        base,
        given=settings.space,
        transforms=settings.transforms,
        fixed=settings.fixed,
    )
    check_names(settings.sampler, settings.pruner, space, len(settings.objectives))
    data = prepare(base, directory=settings.directory, progress=said)
    # A fallback must not pass for the dataset that it stands in for.
    base = base.model_copy(update={"dataset": data.dataset})
    for transform in _transforms(space):  # one that is not known is found now, not on the way
        prepare(
            base.model_copy(update={"transform": transform}),
            directory=settings.directory,
            progress=said,
        )
    common = compared(network, base, space, settings.objectives)
    whole = grid_size(space) if settings.sampler == "grid" else settings.trials
    plan = _Plan(
        network=network,
        base=base,
        space=space,
        settings=settings,
        name=settings.study or study_name(network, base, common),
        limit=min(settings.trials, whole),
    )
    storage = StudyStorage(corpus)
    try:
        with explained(storage.shown):
            words = directions(settings.objectives, base.metric)
            with storage.alone():
                study = open_study(storage, plan.name, common, words)
                again = reclaim(study, storage.optuna, base.seconds)
                queued = _warm_start(corpus, study, plan)
            before = len(_ended(study))
            if again:
                said(f"Trials that were cut off and are tried once more: {again}")
            if before:
                said(f"Going on after trial {before} of {plan.limit}")
            _work(storage, corpus, plan, said, asked)
            if asked() and len(_ended(study)) < plan.limit:
                raise Interrupted(
                    f"Stopped after {len(_ended(study))} of {plan.limit} trials; start it again to "
                    "go on."
                )
            return _report(study, plan, storage, before, queued, data.note)
    finally:
        storage.close()


def _work(
    storage: StudyStorage, corpus: Corpus, plan: _Plan, tell: Tell, stop: Callable[[], bool]
) -> None:
    """Do trials in threads until there are enough; whatever ends it, no thread goes on."""
    settings = plan.settings
    ending = threading.Event()
    share = max(1, (os.cpu_count() or 1) // settings.workers)
    threads = settings.threads or min(share, MOST_THREADS)
    workers = [WarmWorker(unsafe=settings.unsafe, threads=threads) for _ in range(settings.workers)]

    def asked() -> bool:
        return ending.is_set() or stop()

    def loop(warm: WarmWorker) -> None:
        trainings = Trainings(
            network=plan.network,
            base=plan.base,
            objectives=settings.objectives,
            corpus=corpus,
            warm=warm,
            directory=settings.directory,
            stop=asked,
            tell=tell,
        )
        with warm:
            study = optuna.load_study(
                storage=storage.optuna,
                study_name=plan.name,
                pruner=make_pruner(settings.pruner, plan.base.epochs),
            )
            while not asked():
                with storage.alone():
                    trial = _next(study, plan)
                if trial is None:
                    return
                try:
                    state = trainings.run(study, trial)
                except BaseException:
                    with storage.alone():
                        give_back(study, storage.optuna, trial.number, "it was interrupted")
                    raise
                if state is None:
                    with storage.alone():
                        give_back(study, storage.optuna, trial.number, "it was interrupted")

    pool = ThreadPoolExecutor(settings.workers, thread_name_prefix="catta-tune")
    running: list[Future[None]] = [pool.submit(loop, warm) for warm in workers]
    try:
        pending: set[Future[None]] = set(running)
        while pending:  # a wait without a limit would keep Ctrl-C from us
            done, pending = wait(pending, timeout=_LOOK_SECONDS, return_when=FIRST_EXCEPTION)
            for one in done:
                one.result()
    finally:
        ending.set()
        waiting: set[Future[None]] = set(running)
        while waiting := wait(waiting, timeout=_LOOK_SECONDS).not_done:
            for warm in workers:
                warm.interrupt()
        pool.shutdown(wait=True)


def _next(study: optuna.Study, plan: _Plan) -> optuna.Trial | None:
    """The next trial with all its hyperparameters; None where there are enough."""
    trials = study.get_trials(deepcopy=False)
    if sum(map(counts, trials)) >= plan.limit or _hopeless(trials, plan.settings.give_up):
        return None
    # A sampler a trial: one that lived on would draw the same once more after each start.
    seed = (plan.settings.seed * 1_000_003 + len(trials)) % 2**32
    study.sampler = make_sampler(plan.settings.sampler, plan.space, seed)
    trial = study.ask()
    trial.set_user_attr(OWNER, owner())
    for name, parameter in plan.space.items():
        if isinstance(parameter, Choices):
            trial.suggest_categorical(name, parameter.values)
        else:
            trial.suggest_float(name, parameter.low, parameter.high, log=parameter.log)
    return trial


def _hopeless(trials: list[FrozenTrial], give_up: int) -> bool:
    """Whether nothing but failures was seen, and enough of them."""
    states = states_of(trials)
    return 0 < give_up <= states["failed"] == sum(states.values())


def _warm_start(corpus: Corpus, study: optuna.Study, plan: _Plan) -> int:
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


def _ended(study: optuna.Study) -> list[FrozenTrial]:
    return [t for t in study.get_trials(deepcopy=False) if t.state.is_finished() and counts(t)]


def _transforms(space: Space) -> tuple[str, ...]:
    parameter = space.get("transform")
    return tuple(map(str, parameter.values)) if isinstance(parameter, Choices) else ()


def _report(
    study: optuna.Study,
    plan: _Plan,
    storage: StudyStorage,
    before: int,
    queued: int,
    note: str | None,
) -> TuneReport:
    trials = study.get_trials(deepcopy=False)
    failed = [t for t in trials if t.state == TrialState.FAIL and counts(t)]
    errors = Counter(str(t.user_attrs.get(ERROR)) for t in failed)
    return TuneReport(
        network=plan.network.name,
        network_id=plan.network.id,
        task=plan.base.task,
        metric=plan.base.metric,
        study=plan.name,
        storage=storage.shown,
        states=states_of(trials),
        new=len(_ended(study)) - before,
        queued=queued,
        best=best_of(study, plan.base, plan.settings.objectives),
        errors=dict(errors.most_common()),
        note=note,
    )


def _nobody(text: str) -> None:
    """Tell nobody."""


def _never() -> bool:
    return False
