"""All metrics of a task for some predictions."""

from __future__ import annotations

import math
from collections.abc import Sequence

from catta.errors import UsageError
from catta.records import Problem
from catta.tasks.metric import Arrays, Compute, Shared
from catta.tasks.metrics.predictions import defect
from catta.tasks.metrics.registry import metrics_of


def score(
    problem: Problem, predictions: Arrays, targets: Arrays, words: Sequence[str] = ()
) -> dict[str, float]:
    """The values of all metrics of the problem's task, by name; all are finite.

    Args:
        problem: The task, the shape of an input, and how many outputs there are.
        predictions: Arrays as the task says (`catta.tasks.built_in` of Catta's own).
        targets: Arrays as `catta.tasks.sources` says.
        words: Names of the classes, or the vocabulary.

    Raises:
        UsageError: The predictions are unfit (see `defect`), or a metric of another package gives
            no finite number.
    """
    reason = defect(problem, predictions, targets)
    if reason is not None:
        raise UsageError(reason)
    shared: dict[str, dict[str, float]] = {}
    scores: dict[str, float] = {}
    for name, metric in metrics_of(problem.task).items():
        compute = metric.compute
        if not isinstance(compute, Shared):
            scores[name] = _own(name, compute, problem, predictions, targets, words)
            continue
        if compute.module not in shared:
            shared[compute.module] = compute.all(problem, predictions, targets, words)
        scores[name] = shared[compute.module][name]
    return scores


def _own(
    name: str,
    compute: Compute,
    problem: Problem,
    predictions: Arrays,
    targets: Arrays,
    words: Sequence[str],
) -> float:
    """The value of a metric that is not Catta's."""
    try:
        value = float(compute(problem, predictions, targets, words))
    except Exception as error:  # it is the user's own
        raise UsageError(f"the metric {name} failed: {type(error).__name__}: {error}") from error
    if not math.isfinite(value):
        raise UsageError(f"the metric {name} gave {value}, which is no finite number")
    return value
