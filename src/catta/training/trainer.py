"""Train one network under one recipe, and keep what it came to."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from catta.corpus import Corpus
from catta.errors import Interrupted
from catta.evaluation import TrainReport, Worker, train_and_score
from catta.records import EpochMeasurement, Evaluation, Network, Outcome, Recipe, Stage, Verdict
from catta.tasks import PreparedData, prepare
from catta.training.checkpoints import Checkpoint
from catta.training.warm import WarmWorker

_OK = Verdict(outcome=Outcome.OK, stage=Stage.SCORE)


class TrainObserver(Protocol):
    """Is told how a training goes; from other threads too."""

    def message(self, text: str) -> None:
        """One line for the user."""
        ...

    def epoch(self, measured: EpochMeasurement, total: int) -> bool | None:
        """An epoch of `total` has ended; False ends the training there."""
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
        stopped: Whether the observer ended it; the evaluation is that of the epochs until then.
    """

    network: Network
    recipe: Recipe
    evaluation: Evaluation
    repeated: bool = False
    weights: Mapping[str, NDArray[Any]] = field(default_factory=dict[str, NDArray[Any]])
    note: str | None = None
    stopped: bool = False


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
    warm: WarmWorker | None = None,
) -> Trained:
    """Train a network in the sandbox; whatever becomes of it is kept in the corpus.

    An interrupted training goes on from its last epoch when it is started again, one that the
    observer ended too. The corpus keeps the latter, under a recipe of as many epochs as it had,
    where that recipe would have come to the same: not where the learning rate follows a cycle over
    all epochs.

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
        warm: Where it runs; `sandbox`, `unsafe` and `threads` are its own then.

    Raises:
        UsageError: The dataset does not suit the task, or its directory does not hold it.
        FetchError: The dataset cannot be obtained.
        SandboxError: No sandbox can be had, or it failed.
        Interrupted: `warm` was interrupted; nothing is kept but the checkpoint.
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
    with ExitStack() as stack:
        if warm is None:
            warm = stack.enter_context(WarmWorker(sandbox=sandbox, unsafe=unsafe, threads=threads))
        worker = warm.of(data.inputs)
        report, epochs = _run(worker, network, recipe, data, checkpoint, weights, observer)
    if warm.interrupted:
        raise Interrupted(f"the training of {network.name} was interrupted")
    stopped = report.stopped and len(epochs) < recipe.epochs
    whole = not stopped
    if stopped and (recipe.track == "own" or recipe.schedule == "constant"):
        recipe = recipe.model_copy(update={"epochs": len(epochs)})
        whole = True
    evaluation = Evaluation(
        network_id=network.id,
        recipe_id=recipe.id,
        verdict=report.verdict,
        epochs=tuple(epochs) if report.verdict.ok else (),
        seconds=report.seconds,
    )
    if corpus is not None and whole:
        with corpus.transaction():
            corpus.networks.add([network])
            corpus.evaluations.add(evaluation, recipe)
    if not stopped:
        checkpoint.remove()
    return Trained(
        network=network,
        recipe=recipe,
        evaluation=evaluation,
        weights=report.weights,
        note=data.note,
        stopped=stopped,
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
        if any(observer.epoch(measured, recipe.epochs) is False for measured in epochs):
            return TrainReport(verdict=_OK, stopped=True), epochs

    def on_epoch(measured: EpochMeasurement, kept: NDArray[np.uint8] | None) -> bool | None:
        del epochs[measured.epoch - 1 :]  # a worker that died begins anew
        epochs.append(measured)
        if kept is not None and measured.epoch < recipe.epochs:
            checkpoint.save(epochs, kept)
        return None if observer is None else observer.epoch(measured, recipe.epochs)

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
