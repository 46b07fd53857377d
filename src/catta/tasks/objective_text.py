"""How the objective of a task of one's own gets into the sandbox: by its name, or as a text."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from catta.errors import UsageError
from catta.tasks.known_tasks import find_task, is_installed

LARGEST = 100_000
"""Bytes of a file with a task."""


def with_objective(task: str) -> dict[str, dict[str, str]]:
    """What a job of the sandbox has for a task besides the problem: nothing for Catta's own.

    Returns:
        As `objective` the `name` of a class and the `source` of the file that defines it; of an
        installed package also the `module`, which the sandbox may or may not see.

    Raises:
        UsageError: There is no such task, or its objective is no class at the top of a file.
    """
    objective = find_task(task).objective
    if objective is None:
        return {}
    name = getattr(objective, "__qualname__", "")
    if not name or "<" in name:
        raise UsageError(f"the objective of {task} is no class that a file defines at its top")
    found = {"source": _text(task, objective), "name": name}
    if is_installed(task):
        found["module"] = objective.__module__
    return {"objective": found}


def _text(task: str, objective: Callable[..., Any]) -> str:
    file = getattr(sys.modules.get(objective.__module__), "__file__", None)
    path = Path(file or "")
    if path.suffix != ".py" or not path.is_file():
        raise UsageError(
            f"the objective of {task} is not in a file: the sandbox executes the file that defines "
            "it; write it to FILE.py and give that as --plugin or to catta.tasks.load_plugin"
        )
    if path.stat().st_size > LARGEST:
        raise UsageError(f"{path} is larger than {LARGEST:,} bytes")
    return path.read_text(encoding="utf-8-sig")
