"""Options that choose measurements of a corpus, which statistics and plots share."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar

import typer


@dataclass(frozen=True, kw_only=True)
class ProblemFilters:
    """Measurements by what was trained for."""

    PANEL: ClassVar[str] = "Which measurements"

    task: Annotated[
        str | None,
        typer.Option("--task", metavar="NAME", help="Only this task."),
    ] = None
    dataset: Annotated[
        str | None,
        typer.Option("--dataset", metavar="NAME", help="Only this dataset."),
    ] = None
    metric: Annotated[
        str | None,
        typer.Option("--metric", metavar="NAME", help="Only this metric."),
    ] = None

    def chosen(self) -> dict[str, Any]:
        """Filters of `catta.stats`; what was not given chooses all."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in given.items() if value not in (None, [])}


@dataclass(frozen=True, kw_only=True)
class SideFilters(ProblemFilters):
    """Measurements by what was trained for and for how long."""

    epoch: Annotated[
        int | None,
        typer.Option(
            "--epoch",
            metavar="N",
            min=1,
            help="Only after this epoch, from 1.",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class NameFilters(ProblemFilters):
    """Measurements by the names of networks, and what was trained for."""

    nn: Annotated[
        list[str] | None,
        typer.Option(
            "--nn",
            metavar="NAME",
            help="Only this network; may be repeated.",
        ),
    ] = None
    nn_prefixes: Annotated[
        list[str] | None,
        typer.Option(
            "--prefix",
            metavar="TEXT",
            help="Only names that begin so; may be repeated.",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class NetworkFilters(NameFilters):
    """Measurements by what was trained, and what for."""

    family: Annotated[
        str | None,
        typer.Option(
            "--family",
            metavar="WORD",
            help="Only networks whose names begin with this word: ga, ResNet.",
        ),
    ] = None
    source: Annotated[
        str | None,
        typer.Option(
            "--source",
            metavar="WHICH",
            help="Only `published` or only `measured` ones.",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Filters(NetworkFilters, SideFilters):
    """Measurements by all there is to choose by."""
