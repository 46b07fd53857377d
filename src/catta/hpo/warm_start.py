"""Hyperparameters to begin with: what the corpus knows of a network, or of those most like it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, func, or_, select

from catta.corpus import Corpus, schema
from catta.library.progress import SilentProgress
from catta.library.signatures import signatures_of
from catta.library.similarity import Likeness
from catta.novelty import signature, signature_to_bytes
from catta.records import Network, Outcome, Recipe
from catta.tasks.metrics import higher_is_better

LEAST_SIMILARITY = 0.3
"""Jaccard similarity from which on a network is a relative."""

_LEMUR = {"map50": "map"}
"""What LEMUR calls a metric that has another name here."""

_MANY = 200
"""Best rows that are looked at: several may come to the same within a space."""

Known = Mapping[str, Any]
"""Hyperparameters by name, `batch` and `transform` among them."""


def known_hyperparameters(corpus: Corpus, network: Network, base: Recipe) -> Iterator[Known]:
    """Hyperparameters worth trying first, the most promising first.

    Those of the network itself for this task, dataset and metric: of its published trials, then of
    its own evaluations, the best first. If there are none, the best of each of its relatives, the
    nearest first.

    Args:
        corpus: What is known.
        network: What is to be tuned; it need not be in the corpus.
        base: What is to be tuned for.
    """
    names = corpus.networks.aliases(network.id)
    with corpus.connector.read() as connection:
        own = [
            *_published(connection, base, [network.id], names),
            *_evaluated(connection, base, [network.id]),
        ]
    if own:
        yield from own
        return
    for relative in _relatives(corpus, network, base):
        with corpus.connector.read() as connection:
            found = _published(connection, base, [relative], ()) or _evaluated(
                connection, base, [relative]
            )
        yield from found[:1]


def published_count(corpus: Corpus, network_id: str, base: Recipe) -> int:
    """How many different hyperparameters are published of a network for a task and dataset."""
    trials, subjects, problems = schema.trials, schema.subjects, schema.problems
    query = (
        select(func.count(trials.c.parameter_set_id.distinct()))
        .join_from(trials, subjects)
        .join(problems)
        .where(subjects.c.network_id == network_id, _problem(base))
    )
    with corpus.connector.read() as connection:
        return connection.execute(query).scalar_one()


def _published(
    connection: Connection, base: Recipe, ids: Sequence[str], names: Sequence[str]
) -> list[Known]:
    trials, subjects, sets = schema.trials, schema.subjects, schema.parameter_sets
    score = trials.c.accuracy
    better = score.desc() if higher_is_better(base.metric) else score.asc()
    query = (
        select(sets.c.prm, sets.c.transform)
        .join_from(trials, subjects)
        .join(schema.problems)
        .join(sets)
        .where(
            or_(subjects.c.network_id.in_(ids), subjects.c.name.in_(names)),
            _problem(base),
        )
        .order_by(better, trials.c.id)
        .limit(_MANY)
    )
    rows = connection.execute(query)
    return [{**orjson.loads(row.prm), "transform": row.transform} for row in rows]


def _evaluated(connection: Connection, base: Recipe, ids: Sequence[str]) -> list[Known]:
    """Recipes of the network's evaluations for the same problem, by the score of the last epoch."""
    evaluations, epochs, recipes = schema.evaluations, schema.epochs, schema.recipes
    last = (
        select(func.max(epochs.c.epoch))
        .where(epochs.c.evaluation_id == evaluations.c.id)
        .correlate(evaluations)
        .scalar_subquery()
    )
    score = epochs.c.accuracy
    query = (
        select(recipes.c.settings)
        .join_from(evaluations, recipes)
        .join(epochs, (epochs.c.evaluation_id == evaluations.c.id) & (epochs.c.epoch == last))
        .where(evaluations.c.network_id.in_(ids), evaluations.c.outcome == Outcome.OK.value)
        .order_by(score.desc() if higher_is_better(base.metric) else score.asc(), evaluations.c.id)
    )
    found: list[Known] = []
    for settings in connection.execute(query).scalars():
        recipe = Recipe.model_validate(settings)
        if _same_problem(recipe, base):
            weight_decay = {"weight_decay": recipe.weight_decay, "transform": recipe.transform}
            found.append({**weight_decay, **recipe.hyperparameters})
    return found[:_MANY]


def _same_problem(one: Recipe, other: Recipe) -> bool:
    return (one.task, one.dataset, one.metric) == (other.task, other.dataset, other.metric)


def _problem(base: Recipe) -> Any:
    problems = schema.problems.c
    metrics = [base.metric, _LEMUR.get(base.metric, base.metric)]
    return (
        (problems.task == base.task)
        & (problems.dataset == base.dataset)
        & problems.metric.in_(metrics)
    )


def _relatives(corpus: Corpus, network: Network, base: Recipe) -> list[str]:
    """Networks like this one that have trials or evaluations for the problem, nearest first."""
    with corpus.connector.read() as connection:
        ids = _with_trials(connection, base) | _with_evaluations(connection, base)
    ids.discard(network.id)
    sources = {found.id: found.source for found in corpus.networks.get_many(sorted(ids))}
    if not sources:
        return []
    signatures = signatures_of(corpus, sources, SilentProgress())
    signatures[network.id] = signature_to_bytes(signature(network.source))
    likeness = Likeness(signatures)
    similarity = likeness.to(network.id)
    near = [
        (-float(value), identity)
        for identity, value in zip(likeness.ids, similarity, strict=True)
        if identity != network.id and value >= LEAST_SIMILARITY
    ]
    return [identity for _, identity in sorted(near)]


def _with_trials(connection: Connection, base: Recipe) -> set[str]:
    subjects = schema.subjects
    query = (
        select(subjects.c.network_id)
        .distinct()
        .join_from(schema.trials, subjects)
        .join(schema.problems)
        .where(subjects.c.network_id.is_not(None), _problem(base))
    )
    return set(connection.execute(query).scalars())


def _with_evaluations(connection: Connection, base: Recipe) -> set[str]:
    evaluations, recipes = schema.evaluations, schema.recipes
    query = select(recipes.c.id, recipes.c.settings)
    same = [
        row.id
        for row in connection.execute(query)
        if _same_problem(Recipe.model_validate(row.settings), base)
    ]
    ids: set[str] = set()
    for start in range(0, len(same), 500):
        chosen = evaluations.c.recipe_id.in_(same[start : start + 500])
        ok = evaluations.c.outcome == Outcome.OK.value
        ids |= set(connection.execute(select(evaluations.c.network_id).where(chosen, ok)).scalars())
    return ids
