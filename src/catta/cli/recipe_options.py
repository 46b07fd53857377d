"""Options that say how networks are trained."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar

import typer

from catta.cli.options import parse_prm

DEFAULT_TASK = "img-classification"
_NO_FIELDS = frozenset({"task", "prm", "minutes"})


@dataclass(frozen=True, kw_only=True)
class ProblemOptions:
    """What networks are trained for, on how much of which data."""

    PANEL: ClassVar[str] = "How it is trained"

    task: Annotated[
        str | None,
        typer.Option(
            "--task",
            metavar="NAME",
            help="Such as obj-detection; default: img-classification.",
        ),
    ] = None
    dataset: Annotated[
        str | None,
        typer.Option(
            "--dataset",
            metavar="NAME",
            help="See `catta datasets list`; default: the task's.",
        ),
    ] = None
    metric: Annotated[
        str | None,
        typer.Option(
            "--metric",
            metavar="NAME",
            help="What the score is; default: the task's.",
        ),
    ] = None
    resolution: Annotated[
        int | None,
        typer.Option("--resolution", metavar="PIXELS", help="Size of the images."),
    ] = None
    length: Annotated[
        int | None,
        typer.Option("--length", metavar="N", help="Tokens of a sample of a text."),
    ] = None
    train_samples: Annotated[
        int | None,
        typer.Option("--train-samples", metavar="N", help="Train on so many."),
    ] = None
    validation_samples: Annotated[
        int | None,
        typer.Option("--validation-samples", metavar="N", help="Score on so many."),
    ] = None

    def purpose(self) -> str:
        """The task."""
        return self.task or DEFAULT_TASK

    def settings(self) -> dict[str, Any]:
        """Fields of a recipe that were given."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: value
            for name, value in given.items()
            if value is not None and name not in _NO_FIELDS
        }


@dataclass(frozen=True, kw_only=True)
class RecipeOptions(ProblemOptions):
    """How a network is trained."""

    epochs: Annotated[
        int | None,
        typer.Option("--epochs", metavar="N", help="Passes over the data."),
    ] = None
    prm: Annotated[
        list[str] | None,
        typer.Option(
            "--prm",
            metavar="NAME=VALUE",
            help="A hyperparameter; may be repeated.",
        ),
    ] = None
    track: Annotated[
        str | None,
        typer.Option(
            "--track",
            metavar="own|fixed",
            help="Its own recipe, or the evaluator's.",
        ),
    ] = None
    optimizer: Annotated[
        str | None,
        typer.Option(
            "--optimizer",
            metavar="adamw|sgd",
            help="Of the evaluator's recipe.",
        ),
    ] = None
    seed: Annotated[
        int | None,
        typer.Option("--seed", metavar="N", help="Seed of everything random."),
    ] = None
    minutes: Annotated[
        float | None,
        typer.Option(
            "--minutes",
            metavar="M",
            help="Wall-clock limit of a whole training.",
        ),
    ] = None

    def hyperparameters(self) -> dict[str, float]:
        """What `--prm` says.

        Raises:
            UsageError: It is no name and number.
        """
        return parse_prm(self.prm)

    def settings(self) -> dict[str, Any]:
        """Fields of a recipe that were given."""
        limit = {} if self.minutes is None else {"seconds": self.minutes * 60}
        return super().settings() | limit
