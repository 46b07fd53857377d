"""The work on a study: trials, one after the other, in one or several threads."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait

import optuna
from optuna.trial import FrozenTrial, TrialState

from catta.corpus import Corpus
from catta.hpo.leftovers import OWNER, counts, give_back, owner
from catta.hpo.plan import Plan, Tell
from catta.hpo.samplers import make_pruner, make_sampler
from catta.hpo.space import Choices
from catta.hpo.storage import StudyStorage
from catta.hpo.studies import states_of
from catta.hpo.trials import Trainings
from catta.training import WarmWorker
from catta.training.warm import MOST_THREADS

_LOOK_SECONDS = 0.2


def work(
    storage: StudyStorage, corpus: Corpus, plan: Plan, tell: Tell, stop: Callable[[], bool]
) -> None:
    """Do trials in threads until there are enough; whatever ends it, no thread goes on."""
    settings = plan.settings
    ending = threading.Event()

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
            _do_trials(storage, plan, trainings)

    share = max(1, (os.cpu_count() or 1) // settings.workers)
    threads = settings.threads or min(share, MOST_THREADS)
    workers = [WarmWorker(unsafe=settings.unsafe, threads=threads) for _ in range(settings.workers)]
    pool = ThreadPoolExecutor(settings.workers, thread_name_prefix="catta-tune")
    running = [pool.submit(loop, warm) for warm in workers]
    try:
        _wait_for(running)
    finally:
        ending.set()
        while wait(running, timeout=_LOOK_SECONDS).not_done:
            for warm in workers:
                warm.interrupt()
        pool.shutdown(wait=True)


def _wait_for(running: Sequence[Future[None]]) -> None:
    """Until all have ended, or one has failed: what it raised is raised here."""
    pending = set(running)
    while pending:  # a wait without a limit would keep Ctrl-C from us
        done, pending = wait(pending, timeout=_LOOK_SECONDS, return_when=FIRST_EXCEPTION)
        for one in done:
            one.result()


def _do_trials(storage: StudyStorage, plan: Plan, trainings: Trainings) -> None:
    """One trial after the other, until there are enough or it was asked to stop."""
    study = optuna.load_study(
        storage=storage.optuna,
        study_name=plan.name,
        pruner=make_pruner(plan.settings.pruner, plan.base.epochs),
    )
    while not trainings.stop():
        with storage.alone():
            trial = _next(study, plan)
        if trial is None:
            return
        ended: TrialState | None = None
        try:
            ended = trainings.run(study, trial)
        finally:
            if ended is None:
                with storage.alone():
                    give_back(study, storage.optuna, trial.number, "it was interrupted")


def _next(study: optuna.Study, plan: Plan) -> optuna.Trial | None:
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
