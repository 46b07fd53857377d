"""Which networks build and train on their task, and from which size of input on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from catta.corpus import Corpus
from catta.errors import CattaError, Interrupted, UsageError
from catta.evaluation import TrainReport, Worker, choose_sandbox, train_and_score
from catta.execution import LocalExecutor
from catta.processes import usable_cpus
from catta.records import Network, Outcome, Recipe, Stage, Verdict
from catta.tasks import prepare
from catta.tasks.built_in import BUILT_IN
from catta.tasks.known_tasks import find_task
from catta.tasks.text import TEXT_TASK
from catta.training.recipes import recipe_for

SIZES = (32, 64, 128, 224, 299)
"""Heights and widths of images that are tried, smallest first."""

_STEP: Mapping[str, int] = {"train_samples": 10, "validation_samples": 10, "batch": 5, "epochs": 1}
"""Two steps and a prediction: enough to see that a network trains."""

_DETECTION: Mapping[str, int] = {"batch": 2}
"""torchvision's detectors enlarge each image to 800 pixels, which takes gigabytes."""

_SECONDS = 400.0
_MEMORY_MB = 10_240


@dataclass(frozen=True, kw_only=True, slots=True)
class Covered:
    """How one network fared.

    Attributes:
        name: Its name.
        task: What it was trained for.
        size: The smallest input it trains with: pixels, of a text tokens; None where none works.
        verdict: OK, or how it ended with the largest input.
        seconds: Wall-clock time with the last size that was tried.
    """

    name: str
    task: str
    size: int | None
    verdict: Verdict
    seconds: float


def coverage(
    networks: Sequence[Network],
    corpus: Corpus,
    *,
    task: str | None = None,
    dataset: str | None = None,
    directory: Path | None = None,
    workers: int | None = None,
    unsafe: bool = False,
    tell: Callable[[str], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> list[Covered]:
    """Train each network for two steps by its own recipe, on the embedded data of its task.

    A network that no published trial tells the task of is tried for each, images first. Nothing is
    stored: these trainings say nothing about accuracy.

    Args:
        networks: Which ones.
        corpus: Whose trials tell the task of each.
        task: What all of them are for, whatever the trials say.
        dataset: Of that task; None for the embedded one.
        directory: Where the files of the dataset are; None to find or fetch them.
        workers: How many at the same time; default: one a processor.
        unsafe: Whether to run without isolation where none can be had.
        tell: Told how it goes, a line for each task and size.
        stop: Asked now and then whether to stop.

    Returns:
        One result a network, in their order.

    Raises:
        UsageError: There is no such task, or a dataset without a task.
        Interrupted: `stop` said so.
    """
    if dataset is not None and task is None:
        raise UsageError("a dataset is of a task: give the task as well")
    known = corpus.inspections.tasks([network.id for network in networks])
    if task is not None:
        find_task(task)  # there is one
        known = dict.fromkeys((network.id for network in networks), task)
    where = _Where(dataset=dataset, directory=directory, workers=workers, unsafe=unsafe)
    found: dict[str, Covered] = {}
    for one in BUILT_IN if task is None else (task,):
        pending = [
            network
            for network in networks
            if known.get(network.id, one) == one and not _is_ok(found.get(network.id))
        ]
        for covered, network in _for_task(one, pending, where, tell, stop):
            if _is_ok(covered) or network.id not in found:
                found[network.id] = covered
    return [found[network.id] for network in networks]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Where:
    """On what data the networks are trained, and by how many processes."""

    dataset: str | None
    directory: Path | None
    workers: int | None
    unsafe: bool


def _is_ok(covered: Covered | None) -> bool:
    return covered is not None and covered.verdict.ok


def _for_task(
    task: str,
    pending: Sequence[Network],
    where: _Where,
    tell: Callable[[str], None] | None,
    stop: Callable[[], bool] | None,
) -> Iterator[tuple[Covered, Network]]:
    """Try sizes in turn; a network that works is not tried with the next one."""
    sizes = SIZES if find_task(task).images else (128,)
    for size in sizes:
        if not pending:
            return
        begin = time.perf_counter()
        failed: list[tuple[Covered, Network]] = []
        for network, report in _at_size(task, size, pending, where):
            if stop is not None and stop():
                raise Interrupted("stopped; nothing is stored, the next call begins anew")
            covered = Covered(
                name=network.name,
                task=task,
                size=size if report.verdict.ok else None,
                verdict=report.verdict,
                seconds=report.seconds,
            )
            if report.verdict.ok:
                yield covered, network
            else:
                failed.append((covered, network))
        if tell is not None:
            ok = len(pending) - len(failed)
            seconds = time.perf_counter() - begin
            tell(f"{task} at {size}: {ok} of {len(pending)} train ({seconds:.0f} s)")
        if size == sizes[-1]:
            yield from failed
        pending = [network for _, network in failed]


def _at_size(
    task: str, size: int, networks: Sequence[Network], where: _Where
) -> Iterator[tuple[Network, TrainReport]]:
    recipe = two_steps(task, "", size, dataset=where.dataset)
    data = prepare(recipe, directory=where.directory)
    sandbox = choose_sandbox("auto", unsafe=where.unsafe)

    def work(worker: Worker, network: Network) -> TrainReport:
        try:
            recipe = two_steps(task, network.source, size, dataset=where.dataset)
        except CattaError as error:
            return TrainReport(verdict=_refused(str(error)))
        return train_and_score(worker, network.source, data=data, recipe=recipe)

    with LocalExecutor(
        lambda: Worker(data.inputs, sandbox=sandbox), where.workers or usable_cpus()
    ) as executor:
        yield from executor.map_unordered(work, networks)


def two_steps(
    task: str, source: str, size: int | None = None, *, dataset: str | None = None
) -> Recipe:
    """The recipe of a training of two steps, which only tells whether a network trains.

    Args:
        task: What for.
        source: The network.
        size: Of the input: pixels, of a text tokens; None for what suits the task.
        dataset: None for the embedded one of the task.

    Raises:
        UsageError: As in `recipe_for`.
    """
    given = {"length": size} if task == TEXT_TASK else {"resolution": size}
    limits = {"seconds": _SECONDS, "memory_mb": _MEMORY_MB}
    steps = {**_STEP, **(_DETECTION if task == "obj-detection" else {})}
    prm = {"lr": 0.01, "momentum": 0.9}
    return recipe_for(task, source, prm=prm, dataset=dataset, **steps, **limits, **given)


def _refused(reason: str) -> Verdict:
    return Verdict(outcome=Outcome.INVALID, stage=Stage.PARSE, error=reason)
