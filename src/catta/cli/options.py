"""Options that several commands share, and how they become values of a run file.

Values with a closed set of choices are plain text here: the configuration validates them, so that
the sentence about a wrong one is the same on the command line, in a run file and in Python.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

RunFile = Annotated[
    Path | None, typer.Argument(metavar="RUN.toml", help="Run file; options override it.")
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON value on stdout instead of tables.")
]
CorpusPath = Annotated[
    str | None,
    typer.Option(
        "--corpus",
        metavar="PATH",
        help="Corpus file or database URL; default: CATTA_CORPUS, else the user's data directory.",
    ),
]
UnusedCorpus = Annotated[
    str | None,
    typer.Option(
        "--corpus",
        metavar="PATH",
        help="Accepted, as by every command; this one reads no corpus.",
    ),
]
Dataset = Annotated[
    str | None,
    typer.Option("--dataset", metavar="NAME", help="Dataset; see `catta datasets list`."),
]
DataDirectory = Annotated[
    str | None,
    typer.Option("--data", metavar="DIR", help="Directory that holds the dataset's files."),
]
Plugins = Annotated[
    list[Path] | None,
    typer.Option(
        "--plugin",
        metavar="FILE",
        help="Python file that registers datasets or metrics; it is executed as your own program.",
    ),
]
Model = Annotated[
    str | None,
    typer.Option("--model", metavar="NAME", help="Language model: a directory or a hub name."),
]
Seed = Annotated[int | None, typer.Option("--seed", metavar="N", help="Seed of everything random.")]
Workers = Annotated[
    int | None, typer.Option("--workers", metavar="N", help="Trainings at the same time.")
]
Unsafe = Annotated[
    bool, typer.Option("--unsafe", help="Run network code without isolation if none can be had.")
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
