"""Options that choose measurements of a corpus, which statistics and plots share."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated, Any

import typer

_PANEL = "Which measurements"


@dataclass(frozen=True, kw_only=True)
class ProblemFilters:
    """Measurements by what was trained for."""

    task: Annotated[
        str | None,
        typer.Option("--task", metavar="NAME", help="Only this task.", rich_help_panel=_PANEL),
    ] = None
    dataset: Annotated[
        str | None,
        typer.Option(
            "--dataset", metavar="NAME", help="Only this dataset.", rich_help_panel=_PANEL
        ),
    ] = None
    metric: Annotated[
        str | None,
        typer.Option("--metric", metavar="NAME", help="Only this metric.", rich_help_panel=_PANEL),
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
            rich_help_panel=_PANEL,
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class NetworkFilters(ProblemFilters):
    """Measurements by what was trained, and what for."""

    family: Annotated[
        str | None,
        typer.Option(
            "--family",
            metavar="WORD",
            help="Only networks whose names begin with this word: ga, ResNet.",
            rich_help_panel=_PANEL,
        ),
    ] = None
    nn: Annotated[
        list[str] | None,
        typer.Option(
            "--nn",
            metavar="NAME",
            help="Only this network; may be repeated.",
            rich_help_panel=_PANEL,
        ),
    ] = None
    nn_prefixes: Annotated[
        list[str] | None,
        typer.Option(
            "--prefix",
            metavar="TEXT",
            help="Only names that begin so; may be repeated.",
            rich_help_panel=_PANEL,
        ),
    ] = None
    source: Annotated[
        str | None,
        typer.Option(
            "--source",
            metavar="WHICH",
            help="Only published or only measured ones.",
            rich_help_panel=_PANEL,
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Filters(NetworkFilters, SideFilters):
    """Measurements by all there is to choose by."""
