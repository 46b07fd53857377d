"""Networks with weights, trained when there are none yet: kept in the cache for the next time."""

from __future__ import annotations

import hashlib
from pathlib import Path

from catta.corpus import Corpus
from catta.errors import ExportError
from catta.export.subjects import Subject, prepared
from catta.export.weights import read_weights
from catta.paths import cache_dir
from catta.records import Network, Recipe
from catta.training.running import TrainObserver
from catta.training.trainer import train
from catta.training.warm import WarmWorker
from catta.training.weights import save_weights


def trained_subject(
    network: Network,
    recipe: Recipe,
    *,
    corpus: Corpus | None = None,
    warm: WarmWorker | None = None,
    observer: TrainObserver | None = None,
    directory: Path | None = None,
) -> Subject:
    """A network trained under a recipe; its weights come from the cache if they are there.

    Args:
        network: What is trained.
        recipe: How.
        corpus: Where the evaluation is kept.
        warm: Where it is trained.
        observer: Told how it goes.
        directory: Where the files of the dataset are; None to find or fetch them.

    Raises:
        ExportError: The training fails, or its weights are more than leave the sandbox.
        UsageError: As in `train`.
        Interrupted: By Ctrl-C; the training goes on from its last epoch the next time.
    """
    file = _place(network, recipe)
    if file.exists():
        read = read_weights(file, network)
        return prepared(
            network, read.recipe, weights=read.weights, corpus=corpus, directory=directory
        )
    trained = train(
        network,
        recipe,
        corpus=corpus,
        weights=True,
        warm=warm,
        observer=observer,
        directory=directory,
    )
    verdict = trained.evaluation.verdict
    if not verdict.ok:
        raise ExportError(f"{network.name} cannot be trained: {verdict.error}")
    if not trained.weights:
        raise ExportError(f"the weights of {network.name} are more than leave the sandbox, 256 MiB")
    file.parent.mkdir(parents=True, exist_ok=True)
    save_weights(file, trained)
    return prepared(
        network, trained.recipe, weights=trained.weights, corpus=corpus, directory=directory
    )


def _place(network: Network, recipe: Recipe) -> Path:
    digest = hashlib.sha256(f"{network.id} {recipe.id}".encode()).hexdigest()
    return cache_dir() / "exports" / f"{digest[:32]}.safetensors"
