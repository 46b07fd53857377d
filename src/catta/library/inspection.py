"""Inspecting the networks of a corpus in the sandbox: once, and kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from catta.corpus import Corpus
from catta.corpus.registry import find
from catta.errors import Interrupted
from catta.evaluation import Inspected, Worker, choose_sandbox, inspect_network
from catta.evaluation.inspection import VERSION
from catta.evaluation.problem_shapes import CLASSIFICATION
from catta.execution import LocalExecutor
from catta.library.progress import ImportProgress, SilentProgress
from catta.library.run_networks import built_by, find_run, seeds_of, task_of
from catta.processes import usable_cpus

_BATCH = 50
"""Inspections that are stored in one transaction: what a kill at a bad moment loses at most."""


@dataclass(frozen=True, kw_only=True, slots=True)
class InspectReport:
    """What inspecting networks showed.

    Attributes:
        networks: Networks that were asked for.
        inspected: Those that were inspected now.
        remaining: Those that are still to be inspected; all others were before.
        outcomes: How many of those ended so, by outcome, most frequent first.
        resolutions: How many of those that work do so with an input of this size, and none less.
        untraced: How many of those that work have a graph too large to be kept.
    """

    networks: int
    inspected: int
    remaining: int = 0
    outcomes: dict[str, int] = field(default_factory=dict[str, int])
    resolutions: dict[int, int] = field(default_factory=dict[int, int])
    untraced: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Job:
    """One network to inspect."""

    network_id: str
    source: str
    task: str


def inspect_networks(
    corpus: Corpus,
    names: Sequence[str] | None = None,
    *,
    run: str | None = None,
    task: str | None = None,
    workers: int | None = None,
    limit: int | None = None,
    again: bool = False,
    unsafe: bool = False,
    progress: ImportProgress | None = None,
    stop: Callable[[], bool] | None = None,
) -> InspectReport:
    """Inspect networks in the sandbox and keep what it shows; one that fails is a result too.

    Results are stored as they come: whatever ends it, the next call goes on from there.

    Args:
        corpus: Where they are, and where the results go.
        names: Names, aliases or ids; None for all networks.
        run: Instead of names a run, by its id or a unique beginning of it: its seeds, and its
            candidates that build.
        task: What to inspect them for; None for what each was mostly tried for, by its published
            trials, and image classification for a network that has none.
        workers: How many at the same time; default: one a processor.
        limit: At most so many.
        again: Whether to inspect those too that were inspected before.
        unsafe: Whether to run their code without isolation where none can be had.
        progress: Told how it goes.
        stop: Asked now and then whether to stop.

    Raises:
        UsageError: A name or the run is not in the corpus.
        SandboxError: No sandbox can be had, or it failed.
        Interrupted: `stop` said so; what was inspected before is stored.
    """
    tell, asked = progress or SilentProgress(), stop or _never
    if run is not None:
        found = find_run(corpus, run)
        names = [*seeds_of(corpus, found), *built_by(corpus, found)]
        task = task or task_of(found)
    chosen = _chosen(corpus, names, task)
    known = set[tuple[str, str]]() if again else corpus.inspections.known(VERSION)
    missing = [pair for pair in chosen.items() if pair not in known]
    wanted = missing[:limit]
    outcomes, resolutions = Counter[str](), Counter[int]()
    untraced = 0
    for found in _inspected(corpus, wanted, workers, unsafe, tell, asked):
        inspection = found.inspection
        outcomes[inspection.outcome.value] += 1
        untraced += inspection.structure is not None and found.graph is None
        if inspection.structure is not None:
            resolutions[inspection.structure.resolution] += 1
    return InspectReport(
        networks=len(chosen),
        inspected=len(wanted),
        remaining=len(missing) - len(wanted),
        outcomes=dict(outcomes.most_common()),
        resolutions=dict(sorted(resolutions.items())),
        untraced=untraced,
    )


def _chosen(corpus: Corpus, names: Sequence[str] | None, task: str | None) -> dict[str, str]:
    """Identities of networks, and the task that each is inspected for."""
    if names is None:
        ids = corpus.inspections.networks()
    else:
        ids = list(dict.fromkeys(find(corpus, name).id for name in names))
    if task is not None:
        return dict.fromkeys(ids, task)
    tasks = corpus.inspections.tasks(None if names is None else ids)
    return {identity: tasks.get(identity, CLASSIFICATION) for identity in ids}


def _inspected(
    corpus: Corpus,
    wanted: Sequence[tuple[str, str]],
    workers: int | None,
    unsafe: bool,
    tell: ImportProgress,
    stop: Callable[[], bool],
) -> Iterator[Inspected]:
    """Inspect, store and yield."""
    if not wanted:
        return
    sandbox = choose_sandbox(unsafe=unsafe)
    unsaved: list[Inspected] = []
    tell.begin("inspect networks", len(wanted))
    try:
        with LocalExecutor(
            lambda: Worker(None, sandbox=sandbox), min(workers or usable_cpus(), len(wanted))
        ) as executor:
            for _, found in executor.map_unordered(_inspect, _jobs(corpus, wanted)):
                unsaved.append(found)
                if len(unsaved) == _BATCH:
                    _save(corpus, unsaved)
                    unsaved.clear()
                tell.advance()
                yield found
                if stop():
                    raise Interrupted("Stopped; what was inspected is stored.")
    finally:
        _save(corpus, unsaved)
        tell.end()


def _save(corpus: Corpus, found: Sequence[Inspected]) -> None:
    inspections = [one.inspection for one in found]
    graphs = {
        (one.inspection.network_id, one.inspection.task): one.graph
        for one in found
        if one.inspection.structure is not None
    }
    with corpus.transaction():
        corpus.inspections.save(inspections)
        corpus.graphs.save(graphs)


def _inspect(worker: Worker, job: _Job) -> Inspected:
    return inspect_network(worker, job.network_id, job.source, job.task)


def _jobs(corpus: Corpus, wanted: Sequence[tuple[str, str]]) -> Iterator[_Job]:
    """With their sources, of which a few are in memory at a time."""
    rest = iter(wanted)
    while batch := dict(islice(rest, _BATCH)):
        for network in corpus.networks.get_many(list(batch)):
            yield _Job(network_id=network.id, source=network.source, task=batch[network.id])


def _never() -> bool:
    return False
