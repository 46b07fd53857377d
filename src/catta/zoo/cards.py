"""The reference networks: their names, their text, and what their text says about them."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from importlib.resources import files

from catta.errors import UsageError

_NETWORKS = files("catta.zoo") / "networks"
_TASK = re.compile(r"^Task: ([a-z-]+)\.", re.MULTILINE)
_FIRST_LINES = 20
_STATED = re.compile(r"^\W*Task: ([a-z-]+)", re.MULTILINE)
_ARXIV = re.compile(r"arXiv (\d{4}\.\d{4,5})")


@dataclass(frozen=True, kw_only=True, slots=True)
class ZooCard:
    """What a reference network is.

    Attributes:
        name: Its name here, words with hyphens.
        task: LEMUR's name of what it is for.
        title: One sentence.
        papers: Numbers on arXiv of where it is described, the nearest first.
        hyperparameters: Names of the values of `prm` that it reads, in order.
    """

    name: str
    task: str
    title: str
    papers: tuple[str, ...]
    hyperparameters: tuple[str, ...]


def names(task: str | None = None) -> tuple[str, ...]:
    """Names of the reference networks, in order; of one task, or of all."""
    stems = (entry.name.removesuffix(".py") for entry in _NETWORKS.iterdir())
    found = sorted(stem.replace("_", "-") for stem in stems if not stem.startswith("_"))
    return tuple(name for name in found if task is None or card(name).task == task)


def source(name: str) -> str:
    """The text of a reference network.

    Raises:
        UsageError: There is none of that name.
    """
    if name not in names():
        raise UsageError(f"the zoo has no network {name!r}; it has {', '.join(names())}")
    return (_NETWORKS / f"{name.replace('-', '_')}.py").read_text(encoding="utf-8")


def card(name: str) -> ZooCard:
    """What a reference network is, read from its text; nothing of it runs.

    Raises:
        UsageError: There is none of that name.
    """
    tree = ast.parse(source(name))
    about = ast.get_docstring(tree) or ""
    task = _TASK.search(about)
    if task is None:
        raise AssertionError(f"the docstring of {name} names no task")
    return ZooCard(
        name=name,
        task=task[1],
        title=about.partition("\n")[0],
        papers=tuple(_ARXIV.findall(about)),
        hyperparameters=_hyperparameters(tree),
    )


def stated_task(text: str) -> str | None:
    """What the first lines of any module say that it is for (`Task: obj-detection`), if they do."""
    stated = _STATED.search("\n".join(text.splitlines()[:_FIRST_LINES]))
    return None if stated is None else stated[1]


def _hyperparameters(tree: ast.Module) -> tuple[str, ...]:
    """The set that `supported_hyperparameters` returns."""
    for statement in tree.body:
        if (
            isinstance(statement, ast.FunctionDef)
            and statement.name == "supported_hyperparameters"
            and isinstance(returned := statement.body[-1], ast.Return)
            and returned.value is not None
        ):
            return tuple(sorted(ast.literal_eval(returned.value)))
    raise AssertionError("the network declares no hyperparameters")
