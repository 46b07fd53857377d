"""One network through the whole way of a candidate, without storing it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from catta.corpus import Corpus
from catta.evaluation import CHECKED_IMPORTS, TrainReport, Worker, train_and_score
from catta.loop.api import preflight_dataset
from catta.loop.check_report import PRETRAINED, CheckReport, Nearest
from catta.loop.checking_tasks import Wanted, check_for_task
from catta.loop.config import RunConfig
from catta.loop.observer import Observer, SilentObserver
from catta.loop.screening import screen
from catta.loop.session import Session, open_session
from catta.paths import default_corpus
from catta.records import Candidate, Completion, Phase, Prompt, Verdict
from catta.tasks import task_names
from catta.zoo import stated_task

_OF_THE_LOOP = "img-classification"


def check(
    source: str,
    *,
    config: RunConfig,
    task: str | None = None,
    corpus: str | Path | None = None,
    observer: Observer | None = None,
    stop: Callable[[], bool] | None = None,
) -> CheckReport:
    """Check, build, compare and train one network; a corpus is read if there is one.

    For image classification it goes the whole way of a candidate of the loop, with its caps and its
    recipe. For any other task it is trained for a few steps, which tells whether it works.

    Args:
        source: Text of the module, or a completion that contains it.
        config: Recipe, caps and sandbox matter; of the recipe for other tasks the dataset, if it is
            set.
        task: What it is for; None for what its first lines say (`Task: obj-detection`), and image
            classification where they say nothing.
        corpus: Known networks; without one, novelty is judged against nothing.
        observer: Told how it goes.
        stop: Asked at safe points whether to stop.

    Raises:
        UsageError: An unknown task or dataset, or a dataset that does not suit the task.
        Interrupted: `stop` said so.
    """
    stated = stated_task(source)
    task = task or (stated if stated in task_names() else None) or _OF_THE_LOOP
    observer, stop = observer or SilentObserver(), stop or _never
    if task == _OF_THE_LOOP:
        preflight_dataset(config)
    with Corpus.open_existing_or_empty(str(corpus or default_corpus())) as store:
        if task == _OF_THE_LOOP:
            with open_session(config, store, observer, stop) as session:
                return _as_candidate(source, session)
        wanted = Wanted(
            task=task,
            dataset=config.recipe.dataset if "dataset" in config.recipe.model_fields_set else None,
            directory=config.data,
            sandbox=config.sandbox,
            unsafe=config.unsafe,
        )
        return check_for_task(source, wanted, store, observer, stop)


def _as_candidate(source: str, session: Session) -> CheckReport:
    """The whole way of a candidate."""
    session.use_known_only()
    begin = time.perf_counter()
    screening = next(screen([_candidate(source)], session, CHECKED_IMPORTS))
    candidate = screening.candidate
    verdict, accuracy = candidate.verdict, None
    if screening.novel:
        verdict, accuracy = _trained(candidate, session)
    if verdict is None:
        raise AssertionError("a candidate that is not novel has a verdict")
    facts = candidate.facts
    return CheckReport(
        outcome=verdict.outcome.value,
        stage=verdict.stage.value,
        error=verdict.error,
        accuracy=accuracy,
        parameters=facts.parameters if facts else None,
        flops=facts.flops if facts else None,
        seconds=round(time.perf_counter() - begin, 3),
        nearest=_nearest(candidate, session.corpus),
        dataset=session.data.dataset,
        resolution=session.config.recipe.resolution,
    )


def _trained(candidate: Candidate, session: Session) -> tuple[Verdict, float | None]:
    def work(worker: Worker) -> TrainReport:
        return train_and_score(
            worker, candidate.source or "", data=session.data, recipe=session.config.recipe
        )

    report = session.executor.one(work)
    accuracy = report.epochs[-1].accuracy if report.epochs else None
    return (PRETRAINED, None) if report.pretrained else (report.verdict, accuracy)


def _nearest(candidate: Candidate, store: Corpus) -> Nearest | None:
    match = candidate.nearest
    if match is None:
        return None
    name = store.networks.names([match.network_id]).get(match.network_id, "unnamed")
    return Nearest(name=name, network_id=match.network_id, jaccard=match.jaccard)


def _never() -> bool:
    return False


def _candidate(source: str) -> Candidate:
    return Candidate(
        run="check",
        cycle=0,
        index=0,
        phase=Phase.GENERATED,
        prompt=Prompt(text="", prefix=""),
        completion=Completion(text=source),
        seed=0,
        generator="file",
    )
