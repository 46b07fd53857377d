"""Which metrics there are, by task.

A package adds one with an entry point of the group `catta.metrics`: its name is the metric's, its
object is a `Metric`. A program adds one with `register_metric`.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from catta.errors import UsageError
from catta.tasks.built_in import METRICS
from catta.tasks.known_tasks import find_task, task_names
from catta.tasks.metric import Metric
from catta.tasks.metrics.meteor_presence import has_meteor

GROUP = "catta.metrics"
METEOR = "meteor"

_registered: dict[str, Metric] = {}


def register_metric(name: str, metric: Metric) -> None:
    """Make a metric known in this process; one registered under this name before is replaced.

    Raises:
        UsageError: A metric of Catta has this name.
    """
    if name in METRICS:
        raise UsageError(f"the metric {name!r} is Catta's own and cannot be replaced")
    _registered[name] = metric


def registered_metrics() -> dict[str, Metric]:
    """What was registered in this process, by name."""
    return dict(_registered)


def metrics_of(task: str) -> dict[str, Metric]:
    """Metrics of a task by name: those that came with it, the main one first, then others.

    Raises:
        UsageError: There is no such task, or a package that brings a metric cannot be loaded.
    """
    came = find_task(task).metrics
    return {
        **{name: metric for name, metric in came.items() if name != METEOR or has_meteor()},
        **{name: metric for name, metric in sorted(_others().items()) if task in metric.tasks},
    }


def metric_names(task: str) -> tuple[str, ...]:
    """Names of the metrics of a task, the main one first; see `metrics_of` for the errors."""
    return tuple(metrics_of(task))


def main_metric(task: str) -> str:
    """The metric by which networks are compared where none is named.

    Raises:
        UsageError: There is no such task.
    """
    return metric_names(task)[0]


def find_metric(task: str, name: str) -> Metric:
    """The metric of that name for a task.

    Raises:
        UsageError: It has none of that name.
    """
    metrics = metrics_of(task)
    if name not in metrics:
        raise UsageError(f"metric of {task} must be one of {', '.join(metrics)}, not {name!r}")
    return metrics[name]


def higher_is_better(name: str) -> bool:
    """Whether a better network has a higher value of this metric, one of Catta's or another.

    Raises:
        UsageError: There is none of that name.
    """
    metric = METRICS.get(name) or {**_of_tasks(), **_others()}.get(name)
    if metric is None:
        raise UsageError(f"there is no metric {name!r}")
    return metric.higher_is_better


def _of_tasks() -> dict[str, Metric]:
    tasks = map(find_task, task_names())
    return {name: metric for task in tasks for name, metric in task.metrics.items()}


def _others() -> dict[str, Metric]:
    points = [point for point in entry_points(group=GROUP) if point.name not in METRICS]
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
