"""Train one network under one recipe, and keep what it came to."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from catta.corpus import Corpus
from catta.evaluation import TrainReport, Worker, choose_sandbox, train_and_score
from catta.records import EpochMeasurement, Evaluation, Network, Recipe
from catta.tasks import PreparedData, prepare
from catta.training.checkpoints import Checkpoint


class TrainObserver(Protocol):
    """Is told how a training goes; from other threads too."""

    def message(self, text: str) -> None:
        """One line for the user."""
        ...

    def epoch(self, measured: EpochMeasurement, total: int) -> None:
        """An epoch of `total` has ended."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Trained:
    """What a training came to.

    Attributes:
        network: What was trained.
        recipe: How; with the dataset that was really used.
        evaluation: Outcome and measurements; of a training that was resumed all epochs that are
            known.
        repeated: Whether the corpus had this evaluation, so that nothing was trained.
        weights: Parameters and buffers by name, if they were asked for.
        note: One line where the data are not quite what was asked for.
    """

    network: Network
    recipe: Recipe
    evaluation: Evaluation
    repeated: bool = False
    weights: Mapping[str, NDArray[Any]] = field(default_factory=dict[str, NDArray[Any]])
    note: str | None = None


def train(
    network: Network,
    recipe: Recipe,
    *,
    corpus: Corpus | None = None,
    directory: Path | None = None,
    again: bool = False,
    weights: bool = False,
    sandbox: str = "auto",
    unsafe: bool = False,
    threads: int | None = None,
    observer: TrainObserver | None = None,
) -> Trained:
    """Train a network in the sandbox; whatever becomes of it is kept in the corpus.

    An interrupted training goes on from its last epoch when it is started again.

    Args:
        network: See `find_subject`.
        recipe: See `recipe_for`.
        corpus: Where the network and the evaluation are kept, and whether they are there already.
        directory: Where the files of the dataset are; None to find or fetch them.
        again: Train even if the corpus has this evaluation, which stays as it is.
        weights: Whether the trained weights are wanted.
        sandbox: Name of a sandbox; see `choose_sandbox`.
        unsafe: Run without isolation if none can be had.
        threads: Threads of the training; default: one a processor.
        observer: Told how it goes.

    Raises:
        UsageError: The dataset does not suit the task, or its directory does not hold it.
        FetchError: The dataset cannot be obtained.
        SandboxError: No sandbox can be had, or it failed.
    """
    data = prepare(recipe, directory=directory, progress=observer.message if observer else None)
    # A fallback must not pass for the dataset that it stands in for.
    recipe = recipe.model_copy(update={"dataset": data.dataset})
    known = corpus.evaluations.get(network.id, recipe.id) if corpus is not None else None
    if known is not None and not again and not weights:
        return Trained(
            network=network, recipe=recipe, evaluation=known, repeated=True, note=data.note
        )
    checkpoint = Checkpoint(network.id, recipe.id)
    sandboxed = choose_sandbox(sandbox, unsafe=unsafe)
    threads = threads or os.cpu_count() or 1
    with Worker(data.inputs, sandbox=sandboxed, threads=threads) as worker:
        report, epochs = _run(worker, network, recipe, data, checkpoint, weights, observer)
    evaluation = Evaluation(
        network_id=network.id,
        recipe_id=recipe.id,
        verdict=report.verdict,
        epochs=tuple(epochs) if report.verdict.ok else (),
        seconds=report.seconds,
    )
    if corpus is not None:
        with corpus.transaction():
            corpus.networks.add([network])
            corpus.evaluations.add(evaluation, recipe)
    checkpoint.remove()
    return Trained(
        network=network,
        recipe=recipe,
        evaluation=evaluation,
        weights=report.weights,
        note=data.note,
    )


def _run(
    worker: Worker,
    network: Network,
    recipe: Recipe,
    data: PreparedData,
    checkpoint: Checkpoint,
    weights: bool,
    observer: TrainObserver | None,
) -> tuple[TrainReport, list[EpochMeasurement]]:
    """Train, from the checkpoint on if there is one; returns all epochs, the earlier ones too."""
    saved = checkpoint.load()
    epochs, state = saved if saved is not None else ([], None)
    before = len(epochs)
    if observer is not None:
        if before:
            observer.message(f"Going on after epoch {before} of {recipe.epochs}")
        for measured in epochs:
            observer.epoch(measured, recipe.epochs)

    def on_epoch(measured: EpochMeasurement, kept: NDArray[np.uint8] | None) -> None:
        del epochs[measured.epoch - 1 :]  # a worker that died begins anew
        epochs.append(measured)
        if kept is not None and measured.epoch < recipe.epochs:
            checkpoint.save(epochs, kept)
        if observer is not None:
            observer.epoch(measured, recipe.epochs)

    report = train_and_score(
        worker,
        network.source,
        data=data,
        recipe=recipe,
        keep=[*(["checkpoint"] if recipe.epochs > 1 else []), *(["weights"] if weights else [])],
        resume=state,
        on_epoch=on_epoch,
    )
    return report, epochs
