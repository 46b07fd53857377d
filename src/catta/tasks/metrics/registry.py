"""Which metrics there are, by task.

A package adds one with an entry point of the group `catta.metrics`: its name is the metric's, its
object is a `Metric`. A program adds one with `register_metric`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast

from catta.errors import UsageError
from catta.records import Problem
from catta.tasks.known_tasks import expect_task, metrics_of_tasks, own_task
from catta.tasks.metric import BUILT_IN, NAMES, Arrays, Metric
from catta.tasks.metrics.meteor_presence import has_meteor

GROUP = "catta.metrics"

ComputeAll = Callable[[Problem, Arrays, Arrays, Sequence[str]], dict[str, float]]
"""The values of all metrics of Catta for a task, which share most of the work."""


_LOWER_IS_BETTER = frozenset(("perplexity",))

_registered: dict[str, Metric] = {}


def register_metric(name: str, metric: Metric) -> None:
    """Make a metric known in this process; one registered under this name before is replaced.

    Raises:
        UsageError: A metric of Catta has this name.
    """
    if name in NAMES:
        raise UsageError(f"the metric {name!r} is Catta's own and cannot be replaced")
    _registered[name] = metric


def registered_metrics() -> dict[str, Metric]:
    """What was registered in this process, by name."""
    return dict(_registered)


def metric_names(task: str) -> tuple[str, ...]:
    """Names of the metrics of a task, the main one first.

    Raises:
        UsageError: There is no such task, or a package that brings a metric cannot be loaded.
    """
    return (*built_in_names(task), *own_metrics(task))


def main_metric(task: str) -> str:
    """The metric by which networks are compared where none is named.

    Raises:
        UsageError: There is no such task.
    """
    return metric_names(task)[0]


def higher_is_better(name: str) -> bool:
    """Whether a better network has a higher value of this metric, one of Catta's or another.

    Raises:
        UsageError: There is none of that name.
    """
    if name in NAMES:
        return name not in _LOWER_IS_BETTER
    metric = {**metrics_of_tasks(), **_others()}.get(name)
    if metric is None:
        raise UsageError(f"there is no metric {name!r}")
    return metric.higher_is_better


def find_metric(task: str, name: str) -> Metric:
    """The metric of that name for a task.

    Raises:
        UsageError: It has none of that name.
    """
    if name not in metric_names(task):
        raise UsageError(
            f"metric of {task} must be one of {', '.join(metric_names(task))}, not {name!r}"
        )
    own = own_metrics(task).get(name)
    if own is not None:
        return own

    def compute(
        problem: Problem, predictions: Arrays, targets: Arrays, words: Sequence[str]
    ) -> float:
        return compute_all(task)(problem, predictions, targets, words)[name]

    return Metric(tasks=(task,), compute=compute, higher_is_better=higher_is_better(name))


def built_in_names(task: str) -> tuple[str, ...]:
    """Names of Catta's metrics of a task that can be computed on this machine."""
    expect_task(task)
    if task not in BUILT_IN:
        return ()
    return tuple(name for name in BUILT_IN[task][1] if name != "meteor" or has_meteor())


def compute_all(task: str) -> ComputeAll:
    """What computes Catta's metrics of a task; loads what that needs."""
    module = import_module(f"catta.tasks.metrics.{BUILT_IN[task][0]}")
    return cast("ComputeAll", module.compute_all)


def own_metrics(task: str) -> dict[str, Metric]:
    """Metrics that are not Catta's for a task: those that came with it, then others by name."""
    own = own_task(task)
    return {
        **({} if own is None else own.metrics),
        **{name: metric for name, metric in sorted(_others().items()) if task in metric.tasks},
    }


def _others() -> dict[str, Metric]:
    points = [point for point in entry_points(group=GROUP) if point.name not in NAMES]
    return {point.name: _load(point) for point in points} | _registered


def _load(point: EntryPoint) -> Metric:
    try:
        metric: Any = point.load()
    except (ImportError, AttributeError) as error:
        raise UsageError(
            f"metric {point.name!r} ({point.value}) cannot be loaded: {error}"
        ) from error
    if not isinstance(metric, Metric):
        raise UsageError(f"metric {point.name!r} ({point.value}) is no catta.tasks.metrics.Metric")
    return metric
