"""Options that several commands share, and how they become values of a run file.

Values with a closed set of choices are plain text here: the configuration validates them, so that
the sentence about a wrong one is the same on the command line, in a run file and in Python.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from catta.errors import UsageError

SHARED = "Where and how"
"""Options that most commands have stand together, below those of a command's own."""

RunFile = Annotated[
    Path | None, typer.Argument(metavar="RUN.toml", help="Run file; options override it.")
]
AsJson = Annotated[
    bool,
    typer.Option(
        "--json", help="Print one JSON value on stdout instead of tables.", rich_help_panel=SHARED
    ),
]
CorpusPath = Annotated[
    str | None,
    typer.Option(
        "--corpus",
        metavar="PATH",
        help="Corpus file or database URL; default: CATTA_CORPUS, else the user's data directory.",
        rich_help_panel=SHARED,
    ),
]
UnusedCorpus = Annotated[
    str | None,
    typer.Option(
        "--corpus",
        metavar="PATH",
        help="Accepted, as by every command; this one reads no corpus.",
        hidden=True,
    ),
]
Dataset = Annotated[
    str | None,
    typer.Option("--dataset", metavar="NAME", help="See `catta datasets list`."),
]
Plugins = Annotated[
    list[Path] | None,
    typer.Option(
        "--plugin",
        metavar="FILE.py",
        help="A file of yours that registers datasets, metrics, tasks or transforms; it is "
        "executed as your own program. May be repeated.",
        rich_help_panel=SHARED,
    ),
]
Task = Annotated[
    str | None,
    typer.Option("--task", metavar="NAME", help="What it is for, such as obj-detection."),
]
Threads = Annotated[
    int | None,
    typer.Option("--threads", metavar="N", help="Threads of a training.", rich_help_panel=SHARED),
]
Model = Annotated[
    str | None,
    typer.Option("--model", metavar="NAME", help="Language model: a directory or a hub name."),
]
Seed = Annotated[int | None, typer.Option("--seed", metavar="N", help="Seed of everything random.")]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers", metavar="N", help="Trainings at the same time.", rich_help_panel=SHARED
    ),
]
Unsafe = Annotated[
    bool,
    typer.Option(
        "--unsafe",
        help="Run network code without isolation if none can be had.",
        rich_help_panel=SHARED,
    ),
]


def overrides(
    *, dataset: str | None = None, data: str | None = None, unsafe: bool = False, **values: Any
) -> dict[str, Any]:
    """What the options change in a run file; options that were not given change nothing.

    Args:
        dataset: Goes into the recipe.
        data: Meant relative to the current directory, not to the run file.
        unsafe: Can only be switched on.
        values: Options named as their keys; None where not given.
    """
    given = {key: value for key, value in values.items() if value is not None}
    if dataset is not None:
        given["recipe"] = {"dataset": dataset}
    if data is not None:
        given["data"] = str(Path(data).expanduser().absolute())
    if unsafe:
        given["unsafe"] = True
    return given


def parse_prm(given: Iterable[str] | None) -> dict[str, float]:
    """`NAME=VALUE` as names and numbers.

    Raises:
        UsageError: One is something else.
    """
    found: dict[str, float] = {}
    for text in given or ():
        name, _, value = text.partition("=")
        number = _number(value)
        if number is None or not name.strip():
            raise UsageError(f"--prm: {text!r} is not NAME=NUMBER")
        if name.strip() in found:
            raise UsageError(f"--prm: {name.strip()} is given twice")
        found[name.strip()] = number
    return found


def _number(text: str) -> float | None:
    """A finite number, or None."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def load_plugins(files: Iterable[Path] | None) -> None:
    """Execute the user's own files, which register datasets, metrics, tasks and transforms."""
    if files:
        from catta.tasks.plugins import load_plugin

        for file in files:
            load_plugin(file)
