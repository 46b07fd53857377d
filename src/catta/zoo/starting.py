"""Files to start a network from: the shortest one of each task, with the contract as comments."""

from __future__ import annotations

from importlib.resources import files

from catta.errors import UsageError
from catta.zoo.cards import card, source

_TEMPLATES = files("catta.zoo") / "templates"


def tasks() -> tuple[str, ...]:
    """LEMUR's names of the tasks that there is a starting file for."""
    stems = (entry.name.removesuffix(".py") for entry in _TEMPLATES.iterdir())
    return tuple(sorted(stem.replace("_", "-") for stem in stems if not stem.startswith("_")))


def starting_file(task: str | None = None, origin: str | None = None) -> tuple[str, str]:
    """The text to start a network from.

    Args:
        task: What it is for; without it, what `origin` is for, else image classification.
        origin: Name of the reference network to start from, in place of the shortest one.

    Returns:
        The task and the text.

    Raises:
        UsageError: There is no such task or reference network, or the network has another task.
    """
    if task is not None and task not in tasks():
        raise UsageError(f"task must be one of {', '.join(tasks())}, not {task!r}")
    if origin is None:
        task = task or "img-classification"
        name = f"{task.replace('-', '_')}.py"
        return task, (_TEMPLATES / name).read_text(encoding="utf-8")
    purpose = card(origin).task
    if task not in (None, purpose):
        raise UsageError(f"the network {origin!r} of the zoo is for {purpose}, not for {task}")
    return purpose, source(origin)
