"""`catta train`: one network, on any task."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catta.cli.curves import curves
from catta.cli.guard import guarded
from catta.cli.options import (
    AsJson,
    CorpusPath,
    DataDirectory,
    Dataset,
    Epochs,
    Length,
    Metric,
    Minutes,
    Optimizer,
    Plugins,
    Prm,
    Resolution,
    Seed,
    Task,
    Threads,
    Track,
    TrainSamples,
    Unsafe,
    ValidationSamples,
    directory_of,
    load_plugins,
    parse_prm,
)
from catta.cli.output import print_json, print_rich
from catta.cli.training_tables import epochs_table, trained_lines
from catta.errors import UsageError
from catta.paths import default_corpus

if TYPE_CHECKING:
    from catta.records import EpochMeasurement
    from catta.training import Trained


@dataclass(frozen=True, slots=True)
class EpochLines:
    """Tells a training line by line, on stderr."""

    metric: str

    def message(self, text: str) -> None:
        """Print it."""
        typer.echo(text, err=True)

    def epoch(self, measured: EpochMeasurement, total: int) -> None:
        """One line."""
        parts = [f"loss {measured.loss:.4f}", f"{self.metric} {measured.accuracy:.4f}"]
        if measured.samples_per_second is not None:
            parts.append(f"{measured.samples_per_second:,.0f} samples/s")
        self.message(
            f"Epoch {measured.epoch} of {total}: {', '.join(parts)} ({measured.seconds:.1f} s)"
        )


@guarded
def train(
    network: Annotated[
        str, typer.Argument(metavar="NETWORK", help="FILE.py, a name, or a training FILE.toml.")
    ],
    task: Task = None,
    dataset: Dataset = None,
    metric: Metric = None,
    epochs: Epochs = None,
    prm: Prm = None,
    batch: Annotated[
        int | None, typer.Option("--batch", metavar="N", help="Samples a step.")
    ] = None,
    transform: Annotated[
        str | None,
        typer.Option("--transform", metavar="NAME", help="A transform of LEMUR's, or FILE.py."),
    ] = None,
    resolution: Resolution = None,
    length: Length = None,
    seed: Seed = None,
    track: Track = None,
    train_samples: TrainSamples = None,
    validation_samples: ValidationSamples = None,
    optimizer: Optimizer = None,
    layout: Annotated[
        str | None,
        typer.Option("--layout", metavar="NAME", help="auto, contiguous or channels-last."),
    ] = None,
    amp: Annotated[bool, typer.Option("--amp", help="Compute in bfloat16 where safe.")] = False,
    compile_: Annotated[
        bool, typer.Option("--compile", help="Use torch.compile; needs --unsafe.")
    ] = False,
    minutes: Minutes = None,
    weights: Annotated[
        Path | None,
        typer.Option("--weights", metavar="FILE.safetensors", help="Write the trained weights."),
    ] = None,
    plot: Annotated[bool, typer.Option("--plot", help="Show the curves as a picture.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Even if the corpus has it.")] = False,
    no_save: Annotated[bool, typer.Option("--no-save", help="Keep nothing in a corpus.")] = False,
    plugin: Plugins = None,
    data: DataDirectory = None,
    threads: Threads = None,
    unsafe: Unsafe = False,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Train one network in the sandbox, score it after each epoch, and keep what it came to."""
    from catta import training
    from catta.corpus import Corpus
    from catta.training.config import load_train_config

    load_plugins(plugin)
    check_weights(weights)
    config = load_train_config(
        Path(network) if network.endswith(".toml") else None,
        network=None if network.endswith(".toml") else network,
        task=task,
        prm=parse_prm(prm),
        recipe={
            "dataset": dataset,
            "metric": metric,
            "epochs": epochs,
            "batch": batch,
            "transform": transform,
            "resolution": resolution,
            "length": length,
            "seed": seed,
            "track": track,
            "train_samples": train_samples,
            "validation_samples": validation_samples,
            "optimizer": optimizer,
            "layout": layout,
            "amp": amp or None,
            "compile": compile_ or None,
            "seconds": None if minutes is None else minutes * 60,
        },
    )
    with ExitStack() as stack:
        store = None if no_save else stack.enter_context(Corpus.open(corpus or default_corpus()))
        subject = training.find_subject(config.network, store)
        recipe = training.recipe_for(config.task, subject.source, prm=config.prm, **config.recipe)
        trained = training.train(
            subject,
            recipe,
            corpus=store,
            directory=directory_of(data),
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


def check_weights(file: Path | None) -> None:
    """Raise UsageError, before any work, where a file cannot be written to that path."""
    if file is not None and (file.is_dir() or not file.absolute().parent.is_dir()):
        raise UsageError(f"--weights: {file} cannot be written: name a file in a directory")


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
