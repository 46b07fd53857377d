"""Published trials, chosen by a question, as columns whose values are shared."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
from sqlalchemy import ColumnElement, Connection, func, or_, select

from catta.corpus import schema
from catta.corpus.best_rows import best_rows
from catta.corpus.questions import Question
from catta.corpus.shared_columns import (
    UNMEASURED,
    Columns,
    Integers,
    Shared,
    by_key,
    numbers,
)

_ROW = np.dtype(
    [
        *[(name, np.int64) for name in ("id", "subject", "problem", "set", "epoch")],
        ("accuracy", np.float64),
        ("duration", np.int64),
    ]
)
_FIELDS = {
    "task": "problem",
    "dataset": "problem",
    "metric": "problem",
    "nn": "subject",
    "epoch": "epoch",
}
"""What tells the values of a column apart."""


def trial_columns(connection: Connection, question: Question) -> Columns:
    """The published trials that are asked for, in the order they were stored in."""
    trials = schema.trials.c
    problems = {row.id: row for row in connection.execute(select(schema.problems))}
    conditions = _conditions(question, problems)
    query = select(
        trials.id,
        trials.subject_id,
        trials.problem_id,
        trials.parameter_set_id,
        trials.epoch,
        trials.accuracy,
        func.coalesce(trials.duration, UNMEASURED),
    ).where(*conditions)
    rows = numbers(connection, query.order_by(trials.id).limit(question.limit), _ROW)
    if question.best_of:
        fields = dict.fromkeys(_FIELDS[name] for name in question.best_of)
        rows = rows[best_rows([rows[field] for field in fields], rows["accuracy"])]
    return {
        "id": rows["id"],
        **_problem_columns(problems, rows["problem"]),
        **_subject_columns(connection, rows["subject"], conditions),
        "epoch": rows["epoch"],
        "accuracy": rows["accuracy"],
        "duration": rows["duration"],
        **_set_columns(connection, rows["set"], conditions),
    }


def named(question: Question, column: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    """Conditions on a column of names."""
    found: list[ColumnElement[bool]] = []
    if question.nn is not None:
        found.append(column.in_(question.nn))
    if question.nn_prefixes is not None:
        starts = [func.substr(column, 1, len(p)) == p for p in question.nn_prefixes]
        found.append(or_(False, *starts))
    return found


def _conditions(question: Question, problems: dict[int, Any]) -> list[ColumnElement[bool]]:
    trials, subjects = schema.trials.c, schema.subjects.c
    found: list[ColumnElement[bool]] = []
    chosen = [p.id for p in problems.values() if question.accepts(p.task, p.dataset, p.metric)]
    if len(chosen) < len(problems):
        found.append(trials.problem_id.in_(chosen))
    if question.by_name:
        names = select(subjects.id).where(*named(question, subjects.name))
        found.append(trials.subject_id.in_(names))
    if question.epoch is not None:
        found.append(trials.epoch == question.epoch)
    return found


def _problem_columns(problems: dict[int, Any], keys: Integers) -> Columns:
    unique, codes = np.unique(keys, return_inverse=True)
    found = [problems[key] for key in unique.tolist()]
    return {
        "task": Shared(values=[p.task for p in found], codes=codes),
        "dataset": Shared(values=[p.dataset for p in found], codes=codes),
        "metric": Shared(values=[p.metric for p in found], codes=codes),
    }


def _subject_columns(
    connection: Connection, keys: Integers, conditions: list[ColumnElement[bool]]
) -> Columns:
    table, networks = schema.subjects, schema.networks
    unique, codes = np.unique(keys, return_inverse=True)
    query = select(table.c.id, table.c.name, networks.c.id, networks.c.source).outerjoin_from(
        table, networks, networks.c.id == table.c.network_id
    )
    trials = schema.trials.c
    tried = select(trials.id).where(trials.subject_id == table.c.id, *conditions).exists()
    rows = by_key(connection, query, unique.tolist(), tried if conditions else None)
    return {
        "nn": Shared(values=[row[1] for row in rows], codes=codes),
        "nn_id": Shared(values=[row[2] for row in rows], codes=codes),
        "nn_code": Shared(values=[row[3] for row in rows], codes=codes),
    }


def _set_columns(
    connection: Connection, keys: Integers, conditions: list[ColumnElement[bool]]
) -> Columns:
    table = schema.parameter_sets.c
    unique, codes = np.unique(keys, return_inverse=True)
    query = select(table.id, table.uid, table.transform, table.prm)
    used = table.id.in_(select(schema.trials.c.parameter_set_id).where(*conditions))
    rows = by_key(connection, query, unique.tolist(), used if conditions else None)
    return {
        "prm_id": Shared(values=[row[1] for row in rows], codes=codes),
        "transform": Shared(values=[row[2] for row in rows], codes=codes),
        "prm": Shared(
            values=[{**orjson.loads(row[3]), "transform": row[2]} for row in rows], codes=codes
        ),
    }
