"""Which tasks there are.

A package adds one with an entry point of the group `catta.tasks`: its name is the task's, its
object is a `Task`. A program adds one with `register_task`.
"""

from __future__ import annotations

import re
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from catta.errors import UsageError
from catta.tasks.built_in import BUILT_IN, METRICS
from catta.tasks.targets import PROBES
from catta.tasks.task import Task

GROUP = "catta.tasks"

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
    return (*BUILT_IN, *sorted({*_points(), *_registered}))


def find_task(name: str) -> Task:
    """The task of that name, Catta's or another.

    Raises:
        UsageError: There is none, or the package that brings it cannot be loaded.
    """
    known = BUILT_IN.get(name) or _registered.get(name)
    if known is not None:
        return known
    point = _points().get(name)
    if point is None:
        raise UsageError(f"task must be one of {', '.join(task_names())}, not {name!r}")
    return _load(point)


def is_installed(name: str) -> bool:
    """Whether a task is a package's, by its entry point."""
    return name not in _registered and name in _points()


def _check(name: str, task: Task) -> None:
    if name in BUILT_IN:
        raise UsageError(f"the task {name!r} is Catta's own and cannot be replaced")
    if not _NAME.fullmatch(name):
        raise UsageError(f"a task is named by lower-case words with hyphens, not {name!r}")
    untyped: Any = task
    if not isinstance(untyped, Task):
        raise UsageError(f"the object registered as task {name!r} is no catta.tasks.Task")
    if not task.targets or {"x", PROBES} & set(task.targets):
        raise UsageError(f"the task {name!r} needs targets, by other names than x and {PROBES}")
    if task.objective is None:
        raise UsageError(f"the task {name!r} has no objective, and so no training")
    if not task.metrics:
        raise UsageError(f"the task {name!r} has no metric, and so no score")
    taken = sorted(METRICS.keys() & task.metrics.keys())
    if taken:
        raise UsageError(f"the metric {taken[0]!r} is Catta's own and cannot be replaced")


def _points() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP) if point.name not in BUILT_IN}


def _load(point: EntryPoint) -> Task:
    try:
        task: Any = point.load()
    except (ImportError, AttributeError) as error:
        raise UsageError(
            f"task {point.name!r} ({point.value}) cannot be loaded: {error}"
        ) from error
    _check(point.name, task)
    return task
