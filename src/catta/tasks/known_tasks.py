"""Which tasks there are.

A package adds one with an entry point of the group `catta.tasks`: its name is the task's, its
object is a `Task`. A program adds one with `register_task`.
"""

from __future__ import annotations

import re
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from catta.errors import UsageError
from catta.tasks.metric import NAMES, Metric
from catta.tasks.targets import PROBES, TARGETS
from catta.tasks.task import Task

GROUP = "catta.tasks"
TEXT = "txt-generation"

_NAME = re.compile(r"[a-z]+(-[a-z]+)*")

_registered: dict[str, Task] = {}


def register_task(name: str, task: Task) -> None:
    """Make a task known in this process; one registered under this name before is replaced.

    Raises:
        UsageError: A task of Catta has this name, or something about the task makes no sense.
    """
    _check(name, task)
    _registered[name] = task


def registered_tasks() -> dict[str, Task]:
    """What was registered in this process, by name."""
    return dict(_registered)


def task_names() -> tuple[str, ...]:
    """Names of all tasks: Catta's, then those of installed packages and registered ones."""
    return (*TARGETS, *sorted({*_points(), *_registered}))


def expect_task(name: str) -> None:
    """Raise UsageError where there is no task of that name."""
    if name not in task_names():
        raise UsageError(f"task must be one of {', '.join(task_names())}, not {name!r}")


def own_task(name: str) -> Task | None:
    """The registered or installed task of that name; None for Catta's tasks and unknown ones.

    Raises:
        UsageError: The package that brings it cannot be loaded.
    """
    if name in TARGETS:
        return None
    if name in _registered:
        return _registered[name]
    point = _points().get(name)
    return None if point is None else _load(point)


def is_installed(name: str) -> bool:
    """Whether a task is a package's, by its entry point."""
    return name not in _registered and name in _points()


def targets_of(name: str) -> tuple[str, ...]:
    """Names of what a network is to give.

    Raises:
        UsageError: There is no such task.
    """
    own = own_task(name)
    if own is not None:
        return own.targets
    expect_task(name)
    return TARGETS[name]


def has_images(name: str) -> bool:
    """Whether the inputs are images."""
    own = own_task(name)
    return name != TEXT if own is None else own.images


def metrics_of_tasks() -> dict[str, Metric]:
    """The metrics that come with tasks which are not Catta's, by name."""
    own = (own_task(name) for name in task_names())
    return {name: one for task in own if task is not None for name, one in task.metrics.items()}


def _check(name: str, task: Task) -> None:
    if name in TARGETS:
        raise UsageError(f"the task {name!r} is Catta's own and cannot be replaced")
    if not _NAME.fullmatch(name):
        raise UsageError(f"a task is named by lower-case words with hyphens, not {name!r}")
    untyped: Any = task
    if not isinstance(untyped, Task):
        raise UsageError(f"the object registered as task {name!r} is no catta.tasks.Task")
    if not task.targets or {"x", PROBES} & set(task.targets):
        raise UsageError(f"the task {name!r} needs targets, by other names than x and {PROBES}")
    if not task.metrics:
        raise UsageError(f"the task {name!r} has no metric, and so no score")
    taken = sorted(NAMES & task.metrics.keys())
    if taken:
        raise UsageError(f"the metric {taken[0]!r} is Catta's own and cannot be replaced")


def _points() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP) if point.name not in TARGETS}


def _load(point: EntryPoint) -> Task:
    try:
        task: Any = point.load()
    except (ImportError, AttributeError) as error:
        raise UsageError(
            f"task {point.name!r} ({point.value}) cannot be loaded: {error}"
        ) from error
    _check(point.name, task)
    return task
