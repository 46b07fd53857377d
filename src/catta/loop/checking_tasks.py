"""One network, for any task: does it keep the rules, build and train? Nothing is stored."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from catta.corpus import Corpus
from catta.errors import Interrupted
from catta.evaluation import (
    CHECKED_IMPORTS,
    TrainReport,
    Worker,
    inspect_network,
    screen_source,
    train_and_score,
)
from catta.evaluation.costs import measure_costs
from catta.evaluation.problem_shapes import PROBLEM_SHAPES
from catta.library.similarity import Likeness
from catta.loop.check_report import PRETRAINED, CheckReport, Nearest
from catta.loop.observer import Observer
from catta.novelty import InvalidSource, network_id, signature, signature_to_bytes
from catta.records import (
    Inspection,
    Outcome,
    Recipe,
    Stage,
    Structure,
    Verdict,
)
from catta.tasks import PreparedData, prepare
from catta.tasks.known_tasks import find_task
from catta.tasks.preparation import sample_size
from catta.training.coverage import two_steps
from catta.training.warm import WarmWorker

_SECONDS = 120.0
"""Wall-clock limit of the few steps."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What a network is checked for, and where.

    Attributes:
        task: What it is for.
        dataset: What it is trained on; None for the embedded one of the task.
        directory: Where the files of the dataset are; None to find or fetch them.
        sandbox: Name of a sandbox; see `choose_sandbox`.
        unsafe: Run without isolation if none can be had.
    """

    task: str
    dataset: str | None = None
    directory: Path | None = None
    sandbox: str = "auto"
    unsafe: bool = False


def check_for_task(
    text: str, wanted: Wanted, store: Corpus, observer: Observer, stop: Callable[[], bool]
) -> CheckReport:
    """Check the text, look for the most similar network, inspect, and train for a few steps.

    No caps hold, and a network that is known is no duplicate: both are rules of the loop.

    Args:
        text: Of the module, or a completion that contains it.
        wanted: What for.
        store: Known networks.
        observer: Told how it goes.
        stop: Asked between the stages whether to stop.

    Raises:
        UsageError: An unknown task, or a dataset that does not suit it.
        Interrupted: `stop` said so.
    """
    begin = time.perf_counter()
    recipe = two_steps(wanted.task, "", dataset=wanted.dataset)
    report = CheckReport(
        outcome=Outcome.INVALID.value,
        stage=Stage.PARSE.value,
        error=None,
        accuracy=None,
        parameters=None,
        flops=None,
        seconds=0.0,
        nearest=None,
        dataset=recipe.dataset,
        task=wanted.task,
        metric=recipe.metric,
    )
    screened = screen_source(text, CHECKED_IMPORTS)
    if isinstance(screened, Verdict):
        return _ended(report, screened, begin)
    source = screened.source
    try:
        report = replace(report, nearest=_nearest(source, store))
    except InvalidSource as error:
        verdict = Verdict(outcome=Outcome.INVALID, stage=Stage.PARSE, error=str(error))
        return _ended(report, verdict, begin)
    with WarmWorker(sandbox=wanted.sandbox, unsafe=wanted.unsafe) as warm:
        data = _data(recipe, wanted, observer)
        _safe_point(stop)
        observer.message(f"Inspecting the network for {wanted.task}")
        looked_at = _look_at if wanted.task in PROBLEM_SHAPES else _build_for_own_task
        built = looked_at(warm.of(data.inputs), source, wanted, recipe, data)
        report = replace(report, parameters=built.parameters, flops=built.flops)
        if built.verdict is not None:
            return _ended(report, built.verdict, begin)
        recipe = built.recipe
        data = _data(recipe, wanted, observer)
        _safe_point(stop)
        observer.message(f"Training for a few steps on {data.dataset}")
        trained = train_and_score(warm.of(data.inputs), source, data=data, recipe=recipe)
        _safe_point(stop)
    if trained.pretrained:
        return _ended(report, PRETRAINED, begin)
    return _ended(_with_training(report, trained, recipe, data), trained.verdict, begin)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Built:
    """What is known before the training: the size of the network, and how it ended or goes on."""

    recipe: Recipe
    verdict: Verdict | None = None
    parameters: int | None = None
    flops: int | None = None


def _look_at(
    worker: Worker, source: str, wanted: Wanted, usual: Recipe, data: PreparedData
) -> _Built:
    """Inspect it, which finds the smallest images that it takes."""
    found = inspect_network(worker, network_id(source), source, wanted.task).inspection
    facts = found.structure
    if facts is None:
        return _Built(recipe=usual, verdict=_not_built(found))
    return _Built(
        recipe=_recipe(source, facts, usual, wanted),
        verdict=PRETRAINED if facts.pretrained else None,
        parameters=facts.parameters,
        flops=facts.flops,
    )


def _build_for_own_task(
    worker: Worker, source: str, wanted: Wanted, usual: Recipe, data: PreparedData
) -> _Built:
    """Let it predict one sample: only Catta's tasks are inspected."""
    recipe = two_steps(wanted.task, source, dataset=wanted.dataset)
    recipe = recipe.model_copy(update={"seconds": _SECONDS})
    costs = measure_costs(worker, source, problem=data.problem, recipe=recipe)
    if isinstance(costs, Verdict):
        return _Built(recipe=usual, verdict=costs)
    return _Built(recipe=recipe, parameters=costs.parameters, flops=costs.flops)


def _data(recipe: Recipe, wanted: Wanted, observer: Observer) -> PreparedData:
    return prepare(recipe, directory=wanted.directory, progress=observer.message)


def _recipe(source: str, facts: Structure, usual: Recipe, wanted: Wanted) -> Recipe:
    """With images of the task's usual size, or larger ones if the network works with no less."""
    size = None
    if find_task(wanted.task).images and facts.resolution > usual.resolution:
        size = facts.resolution
    recipe = two_steps(wanted.task, source, size, dataset=wanted.dataset)
    return recipe.model_copy(update={"seconds": _SECONDS})


def _nearest(source: str, store: Corpus) -> Nearest | None:
    """The most similar of the networks whose signature the corpus holds; itself, if it is there."""
    known = store.signatures.all()
    if not known:
        return None
    own = "the network itself"
    likeness = Likeness({**known, own: signature_to_bytes(signature(source))})
    similarities = likeness.to(own)[:-1]
    best = int(np.argmax(similarities))
    identity = likeness.ids[best]
    name = store.networks.names([identity]).get(identity, "unnamed")
    return Nearest(name=name, network_id=identity, jaccard=float(similarities[best]))


def _not_built(found: Inspection) -> Verdict:
    """A failed inspection ends as an evaluation does: the task is one that is inspected."""
    outcome = Outcome(found.outcome.value)
    return Verdict(outcome=outcome, stage=Stage.BUILD, error=found.error)


def _with_training(
    report: CheckReport, trained: TrainReport, recipe: Recipe, data: PreparedData
) -> CheckReport:
    score = trained.epochs[-1].accuracy if trained.verdict.ok and trained.epochs else None
    return replace(
        report,
        accuracy=score,
        dataset=data.dataset,
        steps=math.ceil(recipe.train_samples / recipe.batch),
        resolution=sample_size(recipe),
    )


def _ended(report: CheckReport, verdict: Verdict, begin: float) -> CheckReport:
    return replace(
        report,
        outcome=verdict.outcome.value,
        stage=verdict.stage.value,
        error=verdict.error,
        seconds=round(time.perf_counter() - begin, 3),
    )


def _safe_point(stop: Callable[[], bool]) -> None:
    if stop():
        raise Interrupted("stopped; a check stores nothing")
