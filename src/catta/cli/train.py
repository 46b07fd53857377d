"""`catta train`: one network, on any task."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catta.cli.curves import curves
from catta.cli.epoch_lines import EpochLines
from catta.cli.guard import guarded
from catta.cli.option_groups import grouped
from catta.cli.options import AsJson, Threads, Unsafe
from catta.cli.output import check_target, print_json, print_rich
from catta.cli.place_options import DataOptions, KeepOptions
from catta.cli.recipe_options import RecipeOptions
from catta.cli.training_tables import epochs_table, trained_lines
from catta.errors import UsageError

if TYPE_CHECKING:
    from catta.training import Trained
    from catta.training.config import TrainConfig


@dataclass(frozen=True, kw_only=True)
class TrainOptions(RecipeOptions):
    """How this one network is trained."""

    batch: Annotated[
        int | None,
        typer.Option("--batch", metavar="N", help="Samples a step."),
    ] = None
    transform: Annotated[
        str | None,
        typer.Option(
            "--transform",
            metavar="NAME",
            help="A transform of LEMUR's, or FILE.py.",
        ),
    ] = None
    layout: Annotated[
        str | None,
        typer.Option(
            "--layout",
            metavar="NAME",
            help="auto, contiguous or channels-last.",
        ),
    ] = None
    amp: Annotated[
        bool,
        typer.Option("--amp", help="Compute in bfloat16 where safe."),
    ] = False
    compile: Annotated[
        bool,
        typer.Option("--compile", help="Use torch.compile; needs --unsafe."),
    ] = False

    def settings(self) -> dict[str, Any]:
        """Fields of a recipe that were given; a flag that was not may stand in a training file."""
        return {name: value for name, value in super().settings().items() if value is not False}

    def config(self, network: str) -> TrainConfig:
        """The training of a network, or what a training file says, with what was given instead."""
        from catta.training.config import load_train_config

        file = network.endswith(".toml")
        return load_train_config(
            Path(network) if file else None,
            network=None if file else network,
            task=self.task,
            prm=self.hyperparameters(),
            recipe=self.settings(),
        )


@guarded
@grouped
def train(
    network: Annotated[
        str, typer.Argument(metavar="NETWORK", help="FILE.py, a name, or a training FILE.toml.")
    ],
    *,
    options: TrainOptions,
    weights: Annotated[
        Path | None,
        typer.Option("--weights", metavar="FILE.safetensors", help="Write the trained weights."),
    ] = None,
    plot: Annotated[bool, typer.Option("--plot", help="Show the curves as a picture.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Even if the corpus has it.")] = False,
    place: DataOptions,
    threads: Threads = None,
    unsafe: Unsafe = False,
    keep: KeepOptions,
    as_json: AsJson = False,
) -> None:
    """Train one network in the sandbox, score it after each epoch, and keep what it came to."""
    from catta import training

    place.load_plugins()
    check_target(weights, "--weights")
    config = options.config(network)
    with keep.store() as store:
        subject = training.find_subject(config.network, store)
        recipe = training.recipe_for(config.task, subject.source, prm=config.prm, **config.recipe)
        trained = training.train(
            subject,
            recipe,
            corpus=store,
            directory=place.directory(),
            again=again,
            weights=weights is not None,
            unsafe=unsafe,
            threads=threads,
            observer=EpochLines(recipe.metric),
        )
    _write_weights(weights, trained)
    _show(trained, plot=plot, as_json=as_json)
    if not trained.evaluation.verdict.ok:
        raise typer.Exit(1)


def _write_weights(file: Path | None, trained: Trained) -> None:
    if file is not None and trained.evaluation.verdict.ok:
        if not trained.weights:
            raise UsageError("--weights: they are more than leave the sandbox, 256 MiB")
        from catta.training.weights import save_weights

        save_weights(file, trained)


def _show(trained: Trained, *, plot: bool, as_json: bool) -> None:
    if as_json:
        summary: dict[str, Any] = {
            "network": trained.network.name,
            "network_id": trained.network.id,
            "recipe": trained.recipe.model_dump(),
            "evaluation": trained.evaluation,
            "repeated": trained.repeated,
            "pretrained": trained.pretrained,
            "note": trained.note,
        }
        print_json(summary)
        return
    print_rich(*trained_lines(trained))
    if trained.evaluation.epochs:
        print_rich(epochs_table(trained))
        if plot:
            typer.echo(curves(trained.evaluation.epochs, trained.recipe.metric))
