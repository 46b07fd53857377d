"""Evaluations and their recipes, and the adapters that language models have learnt."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, Row, select

from catta.corpus import schema
from catta.corpus.engine import Connector
from catta.corpus.networks import CHUNK, insert, now, skipping_insert
from catta.errors import CorpusError
from catta.records import (
    Adapter,
    BuildFacts,
    EpochMeasurement,
    Evaluation,
    Outcome,
    Recipe,
    Stage,
    Verdict,
)

_OF_EPOCHS = tuple(f.name for f in fields(EpochMeasurement) if f.name != "metrics")


class Evaluations:
    """The evaluations of a corpus: at most one for each network and recipe."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    def add(self, evaluation: Evaluation, recipe: Recipe) -> None:
        """Store an evaluation; if the network was evaluated under this recipe, the first stays.

        Raises:
            CorpusError: It was made under another recipe, or the corpus does not hold its network.
        """
        self.add_many([evaluation], recipe)

    def add_many(self, evaluations: Sequence[Evaluation], recipe: Recipe) -> None:
        """Store evaluations under one recipe, all or none; of several of a network the first stays.

        Raises:
            CorpusError: One was made under another recipe, or the corpus does not hold its network.
        """
        other = next((e.recipe_id for e in evaluations if e.recipe_id != recipe.id), None)
        if other is not None:
            raise CorpusError(f"the evaluation was made under {other}, not under {recipe.id}")
        if not evaluations:
            return
        with self._connector.transaction() as connection:
            insert(connection, schema.recipes, [{"id": recipe.id, "settings": recipe.model_dump()}])
            for start in range(0, len(evaluations), CHUNK):
                _store(connection, evaluations[start : start + CHUNK])

    def get(self, network_id: str, recipe_id: str) -> Evaluation | None:
        """The evaluation of a network under a recipe, if there is one."""
        table = schema.evaluations
        found = self._select(table.c.network_id == network_id, table.c.recipe_id == recipe_id)
        return found[0] if found else None

    def all(self, recipe_id: str, *, ok_only: bool = False) -> list[Evaluation]:
        """All evaluations under a recipe, in the order in which they were stored."""
        table = schema.evaluations
        conditions = [table.c.recipe_id == recipe_id]
        if ok_only:
            conditions.append(table.c.outcome == Outcome.OK.value)
        return self._select(*conditions)

    def recipe(self, recipe_id: str) -> Recipe | None:
        """The recipe with this id."""
        query = select(schema.recipes.c.settings).where(schema.recipes.c.id == recipe_id)
        with self._connector.read() as connection:
            settings = connection.execute(query).scalar()
        return None if settings is None else Recipe.model_validate(settings)

    def _select(self, *conditions: Any) -> list[Evaluation]:
        table, epochs = schema.evaluations, schema.epochs
        with self._connector.read() as connection:
            query = select(table).where(*conditions).order_by(table.c.id)
            rows = connection.execute(query).all()
            measured: dict[int, list[EpochMeasurement]] = defaultdict(list)
            joined = select(epochs).join(table).where(*conditions).order_by(epochs.c.epoch)
            for row in connection.execute(joined):
                measured[row.evaluation_id].append(_epoch(row))
        return [_evaluation(row, tuple(measured[row.id])) for row in rows]


class Adapters:
    """LoRA adapters by key: the settings of a warm-up, or the cycle of a run."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    def save(self, key: str, adapter: Adapter) -> None:
        """Store an adapter under a key; a later one replaces it."""
        table = schema.adapters
        values = {
            "path": adapter.path,
            "sha256": adapter.sha256,
            "base_model": adapter.base_model,
            "steps": adapter.steps,
            "tokens": adapter.tokens,
            "seconds": adapter.seconds,
            "losses": list(adapter.losses),
            "details": dict(adapter.details),
            "created": now(),
        }
        with self._connector.transaction() as connection:
            changed = connection.execute(table.update().where(table.c.key == key).values(**values))
            if changed.rowcount == 0:
                connection.execute(table.insert().values(key=key, **values))

    def get(self, key: str) -> Adapter | None:
        """The adapter under a key."""
        query = select(schema.adapters).where(schema.adapters.c.key == key)
        with self._connector.read() as connection:
            row = connection.execute(query).first()
        return adapter_of(row) if row else None


def adapter_of(row: Row[Any]) -> Adapter:
    """The adapter in a row of its table; a loss that was not finite is NaN."""
    return Adapter(
        path=row.path,
        sha256=row.sha256,
        base_model=row.base_model,
        steps=row.steps,
        tokens=row.tokens,
        seconds=row.seconds,
        losses=tuple(math.nan if loss is None else float(loss) for loss in row.losses),
        details=row.details,
    )


def facts_columns(facts: BuildFacts | None) -> dict[str, Any]:
    """Build facts as columns."""
    if facts is None:
        return {"parameters": None, "flops": None, "graph": None, "build_seconds": None}
    return {
        "parameters": facts.parameters,
        "flops": facts.flops,
        "graph": facts.graph,
        "build_seconds": facts.seconds,
    }


def facts_of(row: Row[Any]) -> BuildFacts | None:
    """Build facts out of the columns, if they are there."""
    if row.graph is None:
        return None
    return BuildFacts(
        parameters=row.parameters, flops=row.flops, graph=row.graph, seconds=row.build_seconds
    )


def _store(connection: Connection, evaluations: Sequence[Evaluation]) -> None:
    by_network: dict[str, Evaluation] = {}
    for evaluation in evaluations:
        by_network.setdefault(evaluation.network_id, evaluation)
    created, table = now(), schema.evaluations
    rows = [_evaluation_columns(evaluation, created) for evaluation in by_network.values()]
    # One statement that skips what is there and answers with the keys of the others: each question
    # more to a server costs a writer as much as ten rows.
    keys = connection.execute(
        skipping_insert(connection, table).returning(table.c.network_id, table.c.id), rows
    )
    insert(
        connection,
        schema.epochs,
        [_epoch_columns(row.id, e) for row in keys for e in by_network[row.network_id].epochs],
    )


def _epoch_columns(evaluation: int, epoch: EpochMeasurement) -> dict[str, Any]:
    columns = {name: getattr(epoch, name) for name in _OF_EPOCHS}
    return {"evaluation_id": evaluation, **columns, "metrics": dict(epoch.metrics) or None}


def _epoch(row: Row[Any]) -> EpochMeasurement:
    columns = {name: getattr(row, name) for name in _OF_EPOCHS}
    return EpochMeasurement(**columns, metrics=row.metrics or {})


def _evaluation_columns(evaluation: Evaluation, created: str) -> dict[str, Any]:
    return {
        "network_id": evaluation.network_id,
        "recipe_id": evaluation.recipe_id,
        "outcome": evaluation.verdict.outcome.value,
        "stage": evaluation.verdict.stage.value,
        "error": evaluation.verdict.error,
        "seconds": evaluation.seconds,
        "created": created,
        **facts_columns(evaluation.facts),
    }


def _evaluation(row: Row[Any], epochs: tuple[EpochMeasurement, ...]) -> Evaluation:
    return Evaluation(
        network_id=row.network_id,
        recipe_id=row.recipe_id,
        verdict=Verdict(outcome=Outcome(row.outcome), stage=Stage(row.stage), error=row.error),
        epochs=epochs,
        facts=facts_of(row),
        seconds=row.seconds,
    )
