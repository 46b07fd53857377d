"""The objective of a task that is not Catta's, found inside the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

from catta.evaluation.instance import load_module
from catta.evaluation.objectives.objective import Objective
from catta.records import Problem

_MODULE = "catta_task"


class ObjectiveError(Exception):
    """The objective of a task cannot be had: no fault of the network."""


def load_objective(reference: Mapping[str, str]) -> Callable[[Problem], Objective]:
    """Execute or import what defines an objective; for the sandbox, like `instantiate`.

    Args:
        reference: As `catta.tasks.objective_text.with_objective` gives it.

    Raises:
        ObjectiveError: That fails, or has no such class.
    """
    try:
        found: Any = _imported(reference.get("module"))
        if found is None:
            found = load_module(reference["source"], name=_MODULE)
        for part in reference["name"].split("."):
            found = getattr(found, part)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise ObjectiveError(f"the file of the task fails in the sandbox: {reason}") from error
    return found


def _imported(name: str | None) -> ModuleType | None:
    """The module, if the sandbox sees it: it is not shown the directories where a user works."""
    if name is None:
        return None
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name.partition(".")[0]:
            raise
        return None
