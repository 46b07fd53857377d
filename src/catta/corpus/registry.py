"""`catta.networks()` and `catta.network()`: which networks there are, and all about one."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    String,
    Table,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
)

from catta.corpus import schema
from catta.corpus.opening import opened
from catta.corpus.store import Corpus
from catta.errors import UsageError
from catta.records import Network, Outcome, Recipe

ORIGINS: tuple[str, ...] = get_args(get_type_hints(Network)["origin"])
"""Where networks come from."""

_LONGEST_LINEAGE = 1_000
"""Ancestors that are followed; a longer line is a circle or of no use to a reader."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Built:
    """A table of networks that were built: trainable parameters, and what each was built for."""

    table: Table
    parameters: Column[int]
    built_for: ColumnElement[str]


_BUILT = (
    _Built(
        table=schema.facts, parameters=schema.facts.c.parameters, built_for=schema.facts.c.shapes
    ),
    _Built(
        table=schema.evaluations,
        parameters=schema.evaluations.c.parameters,
        built_for=schema.evaluations.c.recipe_id,
    ),
    _Built(
        table=schema.candidates,
        parameters=schema.candidates.c.parameters,
        built_for=schema.candidates.c.run,
    ),
    _Built(
        table=schema.inspections,
        parameters=schema.inspections.c.trainable,
        built_for=schema.inspections.c.task
        + literal(" ")
        + cast(schema.inspections.c.resolution, String),
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """Parameters and FLOPs (one forward pass of one sample) of a network that was built.

    Attributes:
        built_for: Shapes (`3x32x32:10`: channels, height, width, classes), or the id of the recipe
            or of the run that it was built for, or the task and the size of the smallest input
            that works (`img-classification 64`).
    """

    built_for: str
    parameters: int
    flops: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Best:
    """The best value that a network reached on a problem, published or in own evaluations."""

    task: str
    dataset: str
    metric: str
    accuracy: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Ancestor:
    """A network that another one descends from; the name is None where it is not in the corpus."""

    id: str
    name: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkCard:
    """All that the corpus knows about one network.

    Attributes:
        id: Versioned hash of the canonical source.
        name: The name it came with.
        aliases: All its names, this one included, sorted.
        source: Its text.
        licence: SPDX identifier, where it is known.
        family: How its name begins; None where its text was not looked at.
        pretrained: Whether it loads weights that somebody trained before; None as for `family`.
        imports: Modules it imports; empty as for `family`.
        origin: Where it came from, as in `catta.records.Network`.
        lineage: What it descends from, its parent first, the seed last.
        sizes: What building it showed; empty where it was never built.
        best: The best accuracy of each task, dataset and metric, sorted by these.
        trials: Number of published trials, under any of its names.
        evaluations: Number of own evaluations, failed ones included.
    """

    id: str
    name: str
    aliases: tuple[str, ...]
    source: str
    licence: str | None
    family: str | None
    pretrained: bool | None
    imports: tuple[str, ...]
    origin: str
    lineage: tuple[Ancestor, ...]
    sizes: tuple[Size, ...]
    best: tuple[Best, ...]
    trials: int
    evaluations: int


def networks(
    filter: str | Sequence[str] = "*",  # noqa: A002 - the name that timm's users know
    *,
    max_params: int | None = None,
    max_flops: int | None = None,
    task: str | None = None,
    dataset: str | None = None,
    metric: str | None = None,
    min_accuracy: float | None = None,
    family: str | None = None,
    licence: str | None = None,
    pretrained: bool | None = None,
    origin: str | None = None,
    corpus: str | Path | Corpus | None = None,
) -> list[str]:
    """Names of the networks in the corpus that meet all conditions, sorted.

    A network of several names is there under each of them that matches. What the corpus does not
    know of a network does not meet a condition: one that was never built has no parameters.

    Args:
        filter: A pattern as of a shell (`Res*`, `ga-00?`, `[ab]*`), or several of which one has
            to match; case counts.
        max_params: At most so many trainable parameters.
        max_flops: At most so many FLOPs of one forward pass of one sample, in the same building.
        task: Measured for this task, with this dataset and metric if these are given too.
        dataset: Measured on this dataset.
        metric: Measured by this metric.
        min_accuracy: A measurement of at least this, for the task, dataset and metric given.
        family: How the name of the network begins: `ga`, `ResNet`.
        licence: SPDX identifier.
        pretrained: Whether it loads weights that somebody trained before.
        origin: Where it came from: `lemur`, `user`, `candidate`, `architecture`, `adapted`.
        corpus: A corpus, its path or URL; default: `CATTA_CORPUS` or the user's data directory.

    Raises:
        UsageError: The corpus is not there, the filter is neither a text nor texts, or there is no
            such origin.
    """
    check_origin(origin)
    matches = _matcher(filter)
    table, names, traits = schema.networks, schema.aliases, schema.traits
    query = select(names.c.name).join(table, table.c.id == names.c.network_id)
    if family is not None or pretrained is not None:
        query = query.join(traits, traits.c.network_id == table.c.id)
    equal = (
        (table.c.licence, licence),
        (table.c.origin, origin),
        (traits.c.family, family),
        (traits.c.pretrained, pretrained),
    )
    for column, value in equal:
        if value is not None:
            query = query.where(column == value)
    if max_params is not None or max_flops is not None:
        query = query.where(or_(*(_within(built, max_params, max_flops) for built in _BUILT)))
    with opened(corpus) as store, store.trials.reading() as connection:
        asked = (task, dataset, metric, min_accuracy)
        if any(value is not None for value in asked):
            published, own = _measured(connection, *asked)
            query = query.where(or_(table.c.id.in_(published), table.c.id.in_(own)))
        found = connection.execute(query.distinct()).scalars()
        return sorted(name for name in found if matches(name))


def network(name: str, *, corpus: str | Path | Corpus | None = None) -> NetworkCard:
    """All that the corpus knows about the network with this name, alias or id.

    Raises:
        UsageError: There is none, or the corpus is not there.
    """
    with opened(corpus) as store:
        found = find(store, name)
        traits = store.trials.traits(found.id)
        aliases = store.networks.aliases(found.id)
        with store.trials.reading() as connection:
            return NetworkCard(
                id=found.id,
                name=found.name,
                aliases=tuple(aliases),
                source=found.source,
                licence=found.licence,
                family=traits and traits.family,
                pretrained=traits and traits.pretrained,
                imports=traits.imports if traits else (),
                origin=found.origin,
                lineage=_lineage(connection, found),
                sizes=_sizes(connection, found.id),
                best=_best(connection, found.id),
                trials=_trials(connection, found.id),
                evaluations=_evaluations(connection, found.id),
            )


def find(corpus: Corpus, name: str) -> Network:
    """The network with this name, alias or id.

    Raises:
        UsageError: There is none.
    """
    found = corpus.networks.get(name)
    if found is None:
        raise UsageError(f"{name} is no name or id of a network in the corpus {corpus.location}")
    return found


def check_origin(origin: str | None) -> None:
    """Raise UsageError where there is no such origin."""
    if origin is not None and origin not in ORIGINS:
        raise UsageError(f"origin: {origin!r} is not one of {', '.join(ORIGINS)}")


def _matcher(patterns: object) -> Callable[[str], object]:
    """What tells whether a name matches one of the patterns, which are texts of the user's."""
    several = (patterns,) if isinstance(patterns, str) else patterns
    if not isinstance(several, Sequence) or not all(isinstance(p, str) for p in several):
        raise UsageError(f"filter: {patterns!r} is not a text or a sequence of texts")
    if not several:
        return lambda _: False
    return re.compile("|".join(fnmatch.translate(p) for p in several)).match


def _within(built: _Built, max_params: int | None, max_flops: int | None) -> Any:
    """Whether a network was built within the limits, in one and the same building."""
    conditions = [built.table.c.network_id == schema.networks.c.id]
    if max_params is not None:
        conditions.append(built.parameters <= max_params)
    if max_flops is not None:
        conditions.append(built.table.c.flops <= max_flops)
    return exists().where(*conditions)


def _measured(
    connection: Connection,
    task: str | None,
    dataset: str | None,
    metric: str | None,
    at_least: float | None,
) -> tuple[Select[Any], Select[Any]]:
    """Networks with a published trial, and with an own evaluation, of such a problem and value."""
    trials, subjects, problems = schema.trials, schema.subjects, schema.problems
    published = select(subjects.c.network_id).join(trials).where(subjects.c.network_id.is_not(None))
    wanted = ((problems.c.task, task), (problems.c.dataset, dataset), (problems.c.metric, metric))
    conditions = [column == value for column, value in wanted if value is not None]
    if conditions:
        chosen = select(problems.c.id).where(*conditions)
        published = published.where(trials.c.problem_id.in_(chosen))
    if at_least is not None:
        published = published.where(trials.c.accuracy >= at_least)
    table, epochs = schema.evaluations, schema.epochs
    recipes = [
        identity
        for identity, recipe in _recipes(connection).items()
        if task in (None, recipe.task)
        and dataset in (None, recipe.dataset)
        and metric in (None, recipe.metric)
    ]
    own = (
        select(table.c.network_id)
        .join(epochs, epochs.c.evaluation_id == table.c.id)
        .where(table.c.outcome == Outcome.OK.value, table.c.recipe_id.in_(recipes))
    )
    return published, own if at_least is None else own.where(epochs.c.accuracy >= at_least)


def _recipes(connection: Connection) -> dict[str, Recipe]:
    rows = connection.execute(select(schema.recipes))
    return {row.id: Recipe.model_validate(row.settings) for row in rows}


def _lineage(connection: Connection, of: Network) -> tuple[Ancestor, ...]:
    table = schema.networks
    found: dict[str, Ancestor] = {}
    parent = of.parent
    while parent is not None and parent not in {*found, of.id} and len(found) < _LONGEST_LINEAGE:
        query = select(table.c.name, table.c.parent).where(table.c.id == parent)
        row = connection.execute(query).first()
        found[parent] = Ancestor(id=parent, name=row.name if row else None)
        parent = row.parent if row else None
    return tuple(found.values())


def _sizes(connection: Connection, identity: str) -> tuple[Size, ...]:
    found: list[Size] = []
    for built in _BUILT:
        columns, name = built.table.c, built.built_for
        query = select(name, built.parameters, columns.flops).distinct().order_by(name)
        known = query.where(columns.network_id == identity, built.parameters.is_not(None))
        found += [
            Size(built_for=row[0], parameters=row[1], flops=row[2])
            for row in connection.execute(known)
        ]
    return tuple(found)


def _best(connection: Connection, identity: str) -> tuple[Best, ...]:
    trials, subjects, problems = schema.trials, schema.subjects, schema.problems
    keys = (problems.c.task, problems.c.dataset, problems.c.metric)
    published = (
        select(*keys, func.max(trials.c.accuracy))
        .select_from(trials)
        .join(subjects)
        .join(problems)
        .where(subjects.c.network_id == identity)
        .group_by(*keys)
    )
    table, epochs = schema.evaluations, schema.epochs
    own = (
        select(table.c.recipe_id, func.max(epochs.c.accuracy))
        .join(epochs, epochs.c.evaluation_id == table.c.id)
        .where(table.c.network_id == identity, table.c.outcome == Outcome.OK.value)
        .group_by(table.c.recipe_id)
    )
    best: dict[tuple[str, str, str], float] = {
        (row[0], row[1], row[2]): row[3] for row in connection.execute(published)
    }
    recipes = _recipes(connection)
    for identity_of_recipe, value in connection.execute(own):
        recipe = recipes[identity_of_recipe]
        problem = (recipe.task, recipe.dataset, recipe.metric)
        best[problem] = max(value, best.get(problem, value))
    return tuple(
        Best(task=task, dataset=dataset, metric=metric, accuracy=value)
        for (task, dataset, metric), value in sorted(best.items())
    )


def _trials(connection: Connection, identity: str) -> int:
    trials, subjects = schema.trials, schema.subjects
    joined = select(func.count()).select_from(trials).join(subjects)
    return connection.execute(joined.where(subjects.c.network_id == identity)).scalar_one()


def _evaluations(connection: Connection, identity: str) -> int:
    table = schema.evaluations
    counted = select(func.count()).select_from(table).where(table.c.network_id == identity)
    return connection.execute(counted).scalar_one()
