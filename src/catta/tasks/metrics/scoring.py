"""All metrics of a task for some predictions."""

from __future__ import annotations

import math
from collections.abc import Sequence

from catta.errors import UsageError
from catta.records import Problem
from catta.tasks.metrics.predictions import Arrays, defect
from catta.tasks.metrics.registry import built_in_names, compute_all, own_metrics


def score(
    problem: Problem, predictions: Arrays, targets: Arrays, words: Sequence[str] = ()
) -> dict[str, float]:
    """The values of all metrics of the problem's task, by name; all are finite.

    Args:
        problem: The task, and how many outputs it has.
        predictions: Arrays as `catta.tasks.metrics.predictions` says.
        targets: Arrays as `catta.tasks.sources` says.
        words: Names of the classes, or the vocabulary.

    Raises:
        UsageError: The predictions are unfit (see `defect`), or a metric of another package gives
            no finite number.
    """
    built_in = built_in_names(problem.task)
    reason = defect(problem, predictions, targets)
    if reason is not None:
        raise UsageError(reason)
    values = compute_all(problem.task)(problem, predictions, targets, words) if built_in else {}
    scores = {name: values[name] for name in built_in}
    for name, metric in own_metrics(problem.task).items():
        try:
            value = float(metric.compute(problem, predictions, targets, words))
        except Exception as error:  # it is the user's own
            raise UsageError(
                f"the metric {name} failed: {type(error).__name__}: {error}"
            ) from error
        if not math.isfinite(value):
            raise UsageError(f"the metric {name} gave {value}, which is no finite number")
        scores[name] = value
    return scores
