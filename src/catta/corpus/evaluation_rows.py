"""Catta's own evaluations, as the same columns as published trials."""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlalchemy import Connection, select

from catta.corpus import schema
from catta.corpus.trial_rows import Column, Filter, Shared, by_key
from catta.records import Outcome, Recipe

METRIC = "acc"
"""What evaluations measure."""

_EPOCHS = 1_024
"""More than a recipe can have: an evaluation and an epoch make one number."""


def evaluation_columns(
    connection: Connection, wanted: Filter, limit: int | None
) -> dict[str, Column]:
    """The evaluations that are wanted, a row an epoch, at most `limit` rows, in order.

    Ids are negative, `-(1,024 x evaluation + epoch)`. Durations are nanoseconds since the training
    began.
    """
    recipes = _recipes(connection, wanted)
    rows = _rows(connection, wanted, list(recipes), limit) if recipes else []
    networks, network_codes = _coded([row.network_id for row in rows])
    chosen, codes = _coded([row.recipe_id for row in rows])
    table = schema.networks
    query = select(table.c.id, table.c.name, table.c.source)
    found = by_key(connection, query, table.c.id, networks)
    used = [recipes[identity] for identity in chosen]

    def shared(values: list[Any]) -> Shared:
        return Shared(values=values, codes=codes)

    return {
        "id": np.array([-(_EPOCHS * row.id + row.epoch) for row in rows], dtype=np.int64),
        "task": shared([recipe.task for recipe in used]),
        "dataset": shared([recipe.dataset for recipe in used]),
        "metric": shared([METRIC for _ in used]),
        "nn": Shared(values=[row.name for row in found], codes=network_codes),
        "nn_id": Shared(values=[row.id for row in found], codes=network_codes),
        "nn_code": Shared(values=[row.source for row in found], codes=network_codes),
        "epoch": np.array([row.epoch for row in rows], dtype=np.int64),
        "accuracy": np.array([row.accuracy for row in rows], dtype=np.float64),
        "duration": _durations(connection, rows, wanted),
        "prm_id": shared(chosen),
        "transform": shared([None for _ in used]),
        "prm": shared([recipe.model_dump(exclude={"task", "dataset"}) for recipe in used]),
    }


def _recipes(connection: Connection, wanted: Filter) -> dict[str, Recipe]:
    rows = connection.execute(select(schema.recipes).order_by(schema.recipes.c.id))
    every = {row.id: Recipe.model_validate(row.settings) for row in rows}
    return {i: r for i, r in every.items() if wanted.accepts(r.task, r.dataset, METRIC)}


def _rows(
    connection: Connection, wanted: Filter, recipes: list[str], limit: int | None
) -> list[Any]:
    table, epochs, names = schema.evaluations, schema.epochs, schema.networks
    query = (
        select(
            table.c.id,
            table.c.network_id,
            table.c.recipe_id,
            epochs.c.epoch,
            epochs.c.accuracy,
            epochs.c.seconds,
        )
        .join(epochs, epochs.c.evaluation_id == table.c.id)
        .where(table.c.recipe_id.in_(recipes), table.c.outcome == Outcome.OK.value)
    )
    conditions = wanted.of_name(names.c.name)
    if conditions:
        aliases = schema.aliases
        # Aliases are sorted by name, networks are not: find by those, then compare with these.
        ids = select(aliases.c.network_id).where(*wanted.of_name(aliases.c.name))
        query = query.join(names, names.c.id == table.c.network_id)
        query = query.where(table.c.network_id.in_(ids), *conditions)
    if wanted.epoch is not None:
        query = query.where(epochs.c.epoch == wanted.epoch)
    ordered = query.order_by(table.c.id, epochs.c.epoch).limit(limit)
    return list(connection.execute(ordered).all())


def _durations(connection: Connection, rows: list[Any], wanted: Filter) -> Any:
    """Nanoseconds from the start of each training to the end of the epoch."""
    earlier: dict[int, float] = {}
    if wanted.epoch is not None and wanted.epoch > 1:
        earlier = _seconds_before(connection, [row.id for row in rows], wanted.epoch)
    found: list[int] = []
    last, seconds = None, 0.0
    for row in rows:
        if row.id != last:
            last, seconds = row.id, earlier.get(row.id, 0.0)
        seconds += row.seconds
        found.append(round(seconds * 1e9))
    return np.array(found, dtype=np.int64)


def _seconds_before(connection: Connection, ids: list[int], epoch: int) -> dict[int, float]:
    table, found = schema.epochs, dict[int, float]()
    for start in range(0, len(ids), 500):
        chosen = table.c.evaluation_id.in_(ids[start : start + 500])
        query = select(table.c.evaluation_id, table.c.seconds).where(chosen, table.c.epoch < epoch)
        for row in connection.execute(query):
            found[row.evaluation_id] = found.get(row.evaluation_id, 0.0) + row.seconds
    return found


def _coded(values: list[str]) -> tuple[list[str], Any]:
    """Distinct values in the order in which they appear, and where each value is in them."""
    places: dict[str, int] = {}
    codes = [places.setdefault(value, len(places)) for value in values]
    return list(places), np.array(codes, dtype=np.int64)
