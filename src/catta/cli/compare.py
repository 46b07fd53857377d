"""`catta noise` and `catta fidelity`: how far evaluations can be compared."""

from __future__ import annotations

from typing import Annotated

import typer

from catta.cli.epoch_lines import EpochLines
from catta.cli.guard import guarded
from catta.cli.option_groups import grouped
from catta.cli.options import AsJson, CorpusPath, Unsafe
from catta.cli.output import print_json, print_rich
from catta.cli.place_options import DataOptions
from catta.cli.recipe_options import ProblemOptions, RecipeOptions
from catta.cli.training_tables import fidelity_lines, noise_lines
from catta.paths import default_corpus


@guarded
@grouped
def noise(
    network: Annotated[str, typer.Argument(metavar="NETWORK", help="FILE.py or a name.")],
    *,
    seeds: Annotated[int, typer.Option("--seeds", metavar="N", help="How many seeds.")] = 5,
    recipe: RecipeOptions,
    place: DataOptions,
    unsafe: Unsafe = False,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Train a network under several seeds: differences smaller than this spread mean nothing."""
    from catta import training
    from catta.corpus import Corpus

    place.load_plugins()
    with Corpus.open(corpus or default_corpus()) as store:
        subject = training.find_subject(network, store)
        chosen = training.recipe_for(
            recipe.purpose(), subject.source, prm=recipe.hyperparameters(), **recipe.settings()
        )
        found = training.noise(
            subject,
            chosen,
            seeds=seeds,
            corpus=store,
            directory=place.directory(),
            observer=EpochLines(chosen.metric),
            unsafe=unsafe,
        )
    if as_json:
        print_json(found)
    else:
        print_rich(*noise_lines(found, chosen.metric))


@guarded
@grouped
def fidelity(
    networks: Annotated[
        list[str] | None, typer.Argument(metavar="NETWORK", help="Files or names.")
    ] = None,
    *,
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
    problem: ProblemOptions,
    place: DataOptions,
    unsafe: Unsafe = False,
    corpus: CorpusPath = None,
    as_json: AsJson = False,
) -> None:
    """Whether networks stand in the same order after one epoch as after several."""
    from catta import training
    from catta.corpus import Corpus
    from catta.training.comparable import draw

    place.load_plugins()
    with Corpus.open(corpus or default_corpus()) as store:
        names = networks or draw(store, filter_, sample, seed)
        subjects = [training.find_subject(name, store) for name in names]
        chosen = training.recipe_for(problem.purpose(), "", epochs=epochs, **problem.settings())
        found = training.fidelity(
            subjects,
            chosen,
            early=early,
            corpus=store,
            directory=place.directory(),
            observer=EpochLines(chosen.metric),
            unsafe=unsafe,
        )
    if as_json:
        print_json(found)
    else:
        print_rich(*fidelity_lines(found))
