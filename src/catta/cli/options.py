"""Options that several commands share, and how they become values of a run file.

Values with a closed set of choices are plain text here: the configuration validates them, so that
the sentence about a wrong one is the same on the command line, in a run file and in Python.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from catta.errors import UsageError

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
        metavar="FILE.py",
        help="A file of yours that registers datasets, metrics, tasks or transforms; it is "
        "executed as your own program. May be repeated.",
    ),
]
Task = Annotated[str | None, typer.Option("--task", metavar="NAME", help="What it is for.")]
Metric = Annotated[str | None, typer.Option("--metric", metavar="NAME", help="What its score is.")]
Epochs = Annotated[int | None, typer.Option("--epochs", metavar="N", help="Passes over the data.")]
Prm = Annotated[
    list[str] | None,
    typer.Option("--prm", metavar="NAME=VALUE", help="A hyperparameter; may be repeated."),
]
Resolution = Annotated[
    int | None, typer.Option("--resolution", metavar="PIXELS", help="Size of the images.")
]
Length = Annotated[
    int | None, typer.Option("--length", metavar="N", help="Tokens of a sample of a text.")
]
TrainSamples = Annotated[
    int | None, typer.Option("--train-samples", metavar="N", help="Train on so many.")
]
ValidationSamples = Annotated[
    int | None, typer.Option("--validation-samples", metavar="N", help="Score on so many.")
]
Track = Annotated[
    str | None,
    typer.Option("--track", metavar="own|fixed", help="Its own recipe, or the evaluator's."),
]
Optimizer = Annotated[
    str | None, typer.Option("--optimizer", metavar="adamw|sgd", help="Of the fixed recipe.")
]
Minutes = Annotated[
    float | None,
    typer.Option("--minutes", metavar="M", help="Wall-clock limit of a whole training."),
]
Threads = Annotated[
    int | None, typer.Option("--threads", metavar="N", help="Threads of a training.")
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


def directory_of(data: str | None) -> Path | None:
    """What `--data` names, or None."""
    return None if data is None else Path(data).expanduser()


def parse_prm(given: Iterable[str] | None) -> dict[str, float]:
    """`NAME=VALUE` as names and numbers.

    Raises:
        UsageError: One is something else.
    """
    found: dict[str, float] = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError as error:
            raise UsageError(f"--prm: {text!r} is not NAME=NUMBER") from error
        if not equals or not name.strip():
            raise UsageError(f"--prm: {text!r} is not NAME=NUMBER")
    return found


def load_plugins(files: Iterable[Path] | None) -> None:
    """Execute the user's own files, which register datasets, metrics, tasks and transforms."""
    if files:
        from catta.tasks.plugins import load_plugin

        for file in files:
            load_plugin(file)
