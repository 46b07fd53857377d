"""Options of `catta tune`: how hyperparameters are searched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer

from catta.cli.recipe_options import RecipeOptions
from catta.errors import UsageError

if TYPE_CHECKING:
    from catta.hpo import TuneSettings

EPOCHS = 5
"""Of a trial; with `--all` the profile says it."""
_WARM_START = 5


@dataclass(frozen=True, kw_only=True)
class TrialOptions(RecipeOptions):
    """What all trials have in common."""

    epochs: Annotated[
        int | None,
        typer.Option("--epochs", metavar="N", help="Of each trial; default: 5."),
    ] = None


@dataclass(frozen=True, kw_only=True)
class SearchOptions:
    """What is searched, and how."""

    PANEL: ClassVar[str] = "How it is searched"

    trials: Annotated[
        int, typer.Option("--trials", metavar="N", help="How many, those of before included.")
    ] = 100
    objective: Annotated[
        str,
        typer.Option(
            "--objective", metavar="NAME,...", help="Some of accuracy, params, flops, latency."
        ),
    ] = "accuracy"
    sampler: Annotated[
        str, typer.Option("--sampler", metavar="NAME", help="tpe, cmaes, random, grid or nsga2.")
    ] = "tpe"
    pruner: Annotated[
        str, typer.Option("--pruner", metavar="NAME", help="none, hyperband, median or wilcoxon.")
    ] = "none"
    range_: Annotated[
        list[str] | None,
        typer.Option(
            "--range",
            metavar="NAME=LOW:HIGH[:log]",
            help="Of a hyperparameter, in the place of LEMUR's; may be repeated.",
        ),
    ] = None
    choices: Annotated[
        list[str] | None,
        typer.Option(
            "--choices",
            metavar="NAME=VALUE,...",
            help="Of a hyperparameter, in the place of a range; may be repeated.",
        ),
    ] = None
    transforms: Annotated[
        str | None,
        typer.Option("--transforms", metavar="NAME,...", help="Transforms to choose from."),
    ] = None
    study: Annotated[
        str | None,
        typer.Option(
            "--study", metavar="NAME", help="Name of the study; default: made of what is asked for."
        ),
    ] = None
    no_warm_start: Annotated[
        bool, typer.Option("--no-warm-start", help="Begin with nothing that is known.")
    ] = False

    def tune_settings(self, **others: Any) -> TuneSettings:
        """How a network is tuned, with other fields of the settings.

        Raises:
            UsageError: A value makes no sense.
        """
        from catta import hpo

        return hpo.TuneSettings(
            trials=self.trials,
            sampler=self.sampler,
            pruner=self.pruner,
            objectives=tuple(self.objective.split(",")),
            space=_space(self.range_, self.choices),
            transforms=tuple(self.transforms.split(",")) if self.transforms else (),
            study=self.study,
            warm_start=0 if self.no_warm_start else _WARM_START,
            **others,
        )


def _space(ranges: Iterable[str] | None, choices: Iterable[str] | None) -> dict[str, Any]:
    from catta import hpo

    found = [hpo.parse_range(text) for text in ranges or ()]
    several = [*found, *(hpo.parse_choices(text) for text in choices or ())]
    space = dict(several)
    if len(space) < len(several):
        raise UsageError("--range, --choices: a hyperparameter is given twice")
    return space
