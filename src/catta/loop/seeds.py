"""The seeds: LEMUR's networks, reduced, curated, and adapted to the caps of a run.

Made once for each set of settings, stored in the corpus as a seed set, and reused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from catta.corpus import Corpus
from catta.evaluation import Worker, first_fit
from catta.execution import Executor
from catta.graphs import Graph
from catta.loop.config import RunConfig
from catta.loop.known import import_known, settings_key
from catta.loop.observer import Observer
from catta.loop.reduction import imports_of, uses_pretrained
from catta.loop.scaling import FACTORS, scale_widths
from catta.novelty import curate, network_id, signature, signature_to_bytes
from catta.records import BuildFacts, Network, Problem

SEED_VERSION = 1
"""Raise it when reduction, scaling or curation change: stored seed sets are then made again."""

ALLOWED_IMPORTS = frozenset({"torch", "math", "typing", "functools", "collections", "itertools"})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Seed:
    """An adapted network and what building it showed."""

    network: Network
    facts: BuildFacts
    graph: Graph | None


def seed_networks(
    corpus: Corpus,
    config: RunConfig,
    problem: Problem,
    executor: Executor,
    observer: Observer,
    stop: Callable[[], bool],
) -> list[Network]:
    """The seeds of a run: known networks, curated and scaled until the caps hold.

    Returns:
        Adapted networks, best reported accuracy of the parent first; empty if stopped.
    """
    settings = {
        "version": SEED_VERSION,
        "source": config.seeds.source or "pypi",
        "characters": config.seeds.characters,
        "similarity": config.seeds.similarity,
        "caps": config.caps.model_dump(),
        "shapes": _shapes(problem),
    }
    key = settings_key("seeds", settings)
    stored = corpus.networks.seed_set(key)
    if stored is None:
        known = import_known(corpus, config.seeds.source, config.workers, observer, stop)
        if stop():
            return []
        parents = _curated(corpus, known, config)
        fitted = _adapt(parents, config, problem, executor, observer, stop)
        if stop():
            return []
        chosen = [
            fitted[i]
            for i in curate(
                ((seed.network.id, seed.network.source) for seed in fitted),
                threshold=config.seeds.similarity,
            )
        ]
        stored = [seed.network.id for seed in chosen]
        with corpus.transaction():
            _store(chosen, corpus, problem, config.recipe.task)
            corpus.networks.save_seed_set(key, settings, stored)
        observer.message(f"{len(chosen):,} seeds keep the caps and differ from one another.")
    return corpus.networks.get_many(stored)


def seed_list_hash(seeds: Sequence[Network]) -> str:
    """Hash of the ordered list of seeds with their licences; names what an adapter was taught."""
    rows = [[seed.id, seed.name, seed.licence] for seed in seeds]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def shapes_key(problem: Problem) -> str:
    """Key of a problem in the corpus, e.g. `1x32x32:10`."""
    return "x".join(map(str, problem.sample)) + f":{problem.outputs}"


def _shapes(problem: Problem) -> dict[str, int]:
    """A problem as the settings of a seed set say it; their hash is its key."""
    channels, height, width = problem.sample
    return {"channels": channels, "height": height, "width": width, "classes": problem.outputs}


def _store(seeds: Sequence[_Seed], corpus: Corpus, problem: Problem, task: str) -> None:
    corpus.networks.add(seed.network for seed in seeds)
    for seed in seeds:
        corpus.networks.add_facts(seed.network.id, shapes_key(problem), seed.facts)
    corpus.networks.add_fingerprints(
        (seed.network.id, signature_to_bytes(signature(seed.network.source)), seed.facts.graph)
        for seed in seeds
    )
    corpus.graphs.save({(seed.network.id, task): seed.graph for seed in seeds})


def _curated(corpus: Corpus, known: Sequence[str], config: RunConfig) -> list[Network]:
    """Known networks that can be seeds: measured, plain torch, not pretrained, short, distinct.

    Where nothing was reported of any network, all count as measured.
    """
    measured = corpus.networks.reported("img-classification", "cifar-10")
    by_id = {network.id: network for network in corpus.networks.get_many(known)}
    eligible = [
        by_id[identity]
        for identity in known
        if identity in by_id
        and (identity in measured or not measured)
        and len(by_id[identity].source) <= config.seeds.characters
        and imports_of(by_id[identity].source) <= ALLOWED_IMPORTS
        and not uses_pretrained(by_id[identity].source)
    ]
    return [eligible[i] for i in curate((n.id, n.source) for n in eligible)]


def _adapt(
    parents: Sequence[Network],
    config: RunConfig,
    problem: Problem,
    executor: Executor,
    observer: Observer,
    stop: Callable[[], bool],
) -> list[_Seed]:
    """Scale each parent by the largest factor that keeps the caps, and check that it builds."""

    def fit(worker: Worker, parent: Network) -> _Seed | None:
        scaled = [
            parent.source if factor == 1 else scale_widths(parent.source, factor)
            for factor in FACTORS
        ]
        fitting = first_fit(worker, scaled, problem=problem, recipe=config.recipe, caps=config.caps)
        if fitting is None:
            return None
        source = scaled[fitting.index]
        network = Network(
            id=network_id(source),
            source=source,
            name=f"{parent.name}@{FACTORS[fitting.index]}",
            origin="adapted",
            parent=parent.id,
            licence=parent.licence,
        )
        return _Seed(network=network, facts=fitting.facts, graph=fitting.graph)

    order = {parent.id: position for position, parent in enumerate(parents)}
    found: list[tuple[int, _Seed]] = []
    observer.begin("adapt seeds", len(parents))
    results = executor.map_unordered(fit, parents)
    for parent, result in results:
        if result is not None:
            found.append((order[parent.id], result))
        observer.advance(note=f"{len(found)} fit")
        if stop():
            break
    observer.end()
    unique: dict[str, _Seed] = {}
    for _, seed in sorted(found, key=lambda row: row[0]):
        unique.setdefault(seed.network.id, seed)
    return list(unique.values())
