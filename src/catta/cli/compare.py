"""`catta noise` and `catta fidelity`: how far evaluations can be compared."""

from __future__ import annotations

from typing import Annotated

import typer

from catta.cli.guard import guarded
from catta.cli.options import (
    AsJson,
    CorpusPath,
    DataDirectory,
    Dataset,
    Epochs,
    Metric,
    Plugins,
    Prm,
    Resolution,
    Task,
    Track,
    TrainSamples,
    Unsafe,
    ValidationSamples,
    directory_of,
    load_plugins,
    parse_prm,
)
from catta.cli.output import print_json, print_rich
from catta.cli.train import EpochLines
from catta.cli.training_tables import fidelity_lines, noise_lines
from catta.paths import default_corpus


@guarded
def noise(
    network: Annotated[str, typer.Argument(metavar="NETWORK", help="FILE.py or a name.")],
    seeds: Annotated[int, typer.Option("--seeds", metavar="N", help="How many seeds.")] = 5,
    task: Task = None,
    dataset: Dataset = None,
    metric: Metric = None,
    epochs: Epochs = None,
    prm: Prm = None,
    train_samples: TrainSamples = None,
    validation_samples: ValidationSamples = None,
    resolution: Resolution = None,
    track: Track = None,
    plugin: Plugins = None,
    data: DataDirectory = None,
    unsafe: Unsafe = False,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Train a network under several seeds: differences smaller than this spread mean nothing."""
    from catta import training
    from catta.corpus import Corpus

    load_plugins(plugin)
    with Corpus.open(corpus or default_corpus()) as store:
        subject = training.find_subject(network, store)
        recipe = training.recipe_for(
            task or "img-classification",
            subject.source,
            prm=parse_prm(prm),
            dataset=dataset,
            metric=metric,
            epochs=epochs,
            train_samples=train_samples,
            validation_samples=validation_samples,
            resolution=resolution,
            track=track,
        )
        lines = EpochLines(recipe.metric)
        found = training.noise(
            subject,
            recipe,
            seeds=seeds,
            corpus=store,
            directory=directory_of(data),
            observer=lines,
            unsafe=unsafe,
        )
    if as_json:
        print_json(found)
    else:
        print_rich(*noise_lines(found, recipe.metric))


@guarded
def fidelity(
    networks: Annotated[
        list[str] | None, typer.Argument(metavar="NETWORK...", help="Files or names.")
    ] = None,
    sample: Annotated[
        int, typer.Option("--sample", metavar="N", help="Without names: draw so many.")
    ] = 12,
    early: Annotated[
        int, typer.Option("--early", metavar="N", help="Epochs of the short one.")
    ] = 1,
    epochs: Annotated[int, typer.Option("--epochs", metavar="N", help="Of the long one.")] = 5,
    filter_: Annotated[
        str, typer.Option("--filter", metavar="PATTERN", help="Draw from these names.")
    ] = "*",
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Seed of the drawing.")] = 0,
    task: Task = None,
    dataset: Dataset = None,
    metric: Metric = None,
    train_samples: TrainSamples = None,
    validation_samples: ValidationSamples = None,
    resolution: Resolution = None,
    plugin: Plugins = None,
    data: DataDirectory = None,
    unsafe: Unsafe = False,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Whether networks stand in the same order after one epoch as after several."""
    from catta import training
    from catta.corpus import Corpus
    from catta.training.comparable import draw

    load_plugins(plugin)
    with Corpus.open(corpus or default_corpus()) as store:
        names = networks or draw(store, filter_, sample, seed)
        subjects = [training.find_subject(name, store) for name in names]
        recipe = training.recipe_for(
            task or "img-classification",
            "",
            dataset=dataset,
            metric=metric,
            epochs=epochs,
            train_samples=train_samples,
            validation_samples=validation_samples,
            resolution=resolution,
        )
        lines = EpochLines(recipe.metric)
        found = training.fidelity(
            subjects,
            recipe,
            early=early,
            corpus=store,
            directory=directory_of(data),
            observer=lines,
            unsafe=unsafe,
        )
    if as_json:
        print_json(found)
    else:
        print_rich(*fidelity_lines(found))
