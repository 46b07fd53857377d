"""Catta's own evaluations, as the same columns as published trials."""

from __future__ import annotations

from collections import defaultdict
from itertools import count
from typing import Any, cast

import numpy as np
import orjson
from numpy.typing import NDArray
from sqlalchemy import JSON, ColumnElement, Connection, Text, func, select, type_coerce
from sqlalchemy import cast as sql_cast

from catta.corpus import schema
from catta.corpus.questions import Question
from catta.corpus.shared_columns import Columns, Integers, Shared, by_key
from catta.corpus.trial_rows import named
from catta.records import Outcome

_BEFORE = {"metric": "acc", "transform": None}
"""What recipes mean that were stored before they could say it."""

_OUTER = ("task", "dataset", "metric")
"""Fields of a recipe that are columns of their own."""

_EPOCHS = 1_024
"""More than a recipe can have: an evaluation and an epoch make one number."""

_ROW = np.dtype(
    [
        *[(name, np.int64) for name in ("id", "network", "recipe", "epoch")],
        ("accuracy", np.float64),
        ("seconds", np.float64),
    ]
)


def evaluation_columns(connection: Connection, question: Question, limit: int | None) -> Columns:
    """The evaluations that are asked for, a row an epoch, at most `limit` rows, in order.

    Ids are negative, `-(1,024 x evaluation + epoch)`. Durations are nanoseconds since the training
    began.
    """
    rows, networks, recipes = np.empty(0, dtype=_ROW), list[str](), list[str]()
    if limit != 0:
        rows, networks, recipes = _rows(connection, _query(question, limit))
    return {
        "id": -(_EPOCHS * rows["id"] + rows["epoch"]),
        **_network_columns(connection, networks, rows["network"]),
        **_recipe_columns(connection, recipes, rows["recipe"]),
        "epoch": rows["epoch"],
        "accuracy": rows["accuracy"],
        "duration": _durations(rows, whole=question.epoch is None),
    }


def _query(question: Question, limit: int | None) -> Any:
    table, epochs = schema.evaluations.c, schema.epochs.c
    seconds: ColumnElement[Any] = epochs.seconds
    if question.epoch is not None:
        earlier = schema.epochs.alias().c
        seconds = (
            select(func.sum(earlier.seconds))
            .where(earlier.evaluation_id == table.id, earlier.epoch <= question.epoch)
            .scalar_subquery()
        )
    query = (
        select(table.id, table.network_id, table.recipe_id, epochs.epoch, epochs.accuracy, seconds)
        .join_from(schema.evaluations, schema.epochs, epochs.evaluation_id == table.id)
        .where(table.outcome == Outcome.OK.value)
    )
    if question.by_name:
        query = query.where(table.network_id.in_(_named_networks(question)))
    if any(getattr(question, name) is not None for name in _OUTER):
        # SQLite would rather look up each recipe's evaluations and sort them than take those of
        # one network, or the first ones; it does not if the column is part of an expression.
        direct = question.by_name or limit is not None
        key = table.recipe_id.concat("") if direct else table.recipe_id
        query = query.where(key.in_(_chosen_recipes(question)))
    if question.epoch is not None:
        query = query.where(epochs.epoch == question.epoch)
    return query.order_by(table.id, epochs.epoch).limit(limit)


def _named_networks(question: Question) -> Any:
    """Ids of the networks whose own name is asked for."""
    networks, aliases = schema.networks.c, schema.aliases.c
    # Aliases are sorted by name, networks are not: find by those, then compare with these.
    ids = select(aliases.network_id).where(*named(question, aliases.name))
    return select(networks.id).where(networks.id.in_(ids), *named(question, networks.name))


def _chosen_recipes(question: Question) -> Any:
    """Ids of the recipes for the task, the dataset and the metric that are asked for."""
    table = schema.recipes.c
    settings = type_coerce(table.settings, JSON)
    wanted = {name: getattr(question, name) for name in _OUTER}
    return select(table.id).where(
        *(
            func.coalesce(settings[name].as_string(), _BEFORE.get(name)) == value
            for name, value in wanted.items()
            if value is not None
        )
    )


def _rows(connection: Connection, query: Any) -> tuple[NDArray[Any], list[str], list[str]]:
    """The rows, with numbers in place of networks and recipes, and what the numbers stand for."""
    networks = defaultdict[str, int](count().__next__)
    recipes = defaultdict[str, int](count().__next__)
    result = connection.execute(query)
    cursor = cast("Any", result.cursor)  # the driver's rows: a Row each would take as long again
    coded = ((key, networks[one], recipes[other], *rest) for key, one, other, *rest in cursor)
    rows = np.fromiter(coded, dtype=_ROW)
    result.close()
    return rows, list(networks), list(recipes)


def _network_columns(connection: Connection, ids: list[str], codes: Integers) -> Columns:
    table, evaluations = schema.networks.c, schema.evaluations.c
    evaluated = select(evaluations.id).where(evaluations.network_id == table.id).exists()
    found = by_key(connection, select(table.id, table.name, table.source), ids, evaluated)
    return {
        "nn": Shared(values=[row[1] for row in found], codes=codes),
        "nn_id": Shared(values=ids, codes=codes),
        "nn_code": Shared(values=[row[2] for row in found], codes=codes),
    }


def _recipe_columns(connection: Connection, ids: list[str], codes: Integers) -> Columns:
    table = schema.recipes.c
    rows = by_key(connection, select(table.id, sql_cast(table.settings, Text)), ids)
    recipes = [_BEFORE | orjson.loads(row[1]) for row in rows]

    def shared(values: list[Any]) -> Shared:
        return Shared(values=values, codes=codes)

    return {
        **{name: shared([recipe[name] for recipe in recipes]) for name in _OUTER},
        "prm_id": shared(ids),
        "transform": shared([recipe["transform"] for recipe in recipes]),
        "prm": shared([_flat(recipe) for recipe in recipes]),
    }


def _flat(recipe: dict[str, Any]) -> dict[str, Any]:
    """All fields of a recipe that are no columns, and the hyperparameters that are its own.

    Flat, as LEMUR has it: `lr`, `batch` and their like, whether the recipe has a field for them or
    hands them on to the network, which then counts.
    """
    kept = {name: value for name, value in recipe.items() if name not in (*_OUTER, "prm")}
    return kept | recipe.get("prm", {})


def _durations(rows: NDArray[Any], *, whole: bool) -> Integers:
    """Nanoseconds from the start of each training to the end of the epoch.

    Args:
        rows: In the order of evaluation and epoch.
        whole: Whether all epochs are among them, from the first on, and their seconds are their
            own; otherwise these include the earlier epochs'.
    """
    spent = np.rint(rows["seconds"] * 1e9).astype(np.int64)
    if not whole or not len(rows):
        return spent
    total = np.cumsum(spent)
    first = np.flatnonzero(np.diff(rows["id"], prepend=-1))  # of each evaluation
    before = (total - spent)[first]
    return total - np.repeat(before, np.diff(first, append=len(rows)))
