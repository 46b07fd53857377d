"""Train one network under one recipe, and keep what it came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from catta.corpus import Corpus
from catta.errors import Interrupted, UsageError
from catta.evaluation import TrainReport
from catta.evaluation.expected import prediction_bytes
from catta.evaluation.sandbox import accelerators
from catta.evaluation.wire import MAX_ARRAYS
from catta.records import EpochMeasurement, Evaluation, Network, Problem, Recipe
from catta.tasks import PreparedData, prepare
from catta.tasks.targets import PROBES
from catta.training.running import Training, TrainObserver
from catta.training.transforms import find_transform
from catta.training.warm import WarmWorker


@dataclass(frozen=True, kw_only=True, slots=True)
class Trained:
    """What a training came to.

    Attributes:
        network: What was trained.
        recipe: How; with the dataset that was really used.
        evaluation: Outcome and measurements; of a training that was resumed all epochs that are
            known.
        repeated: Whether the corpus had this evaluation, so that nothing was trained.
        problem: What goes into the network and comes out.
        pretrained: Whether the network asked for pretrained weights; it got random ones. Not known
            of a repeated evaluation.
        weights: Parameters and buffers by name, if they were asked for; none where they are more
            than leave the sandbox, 256 MiB.
        note: One line where the data are not quite what was asked for.
        stopped: Whether the observer ended it; the evaluation is that of the epochs until then.
    """

    network: Network
    recipe: Recipe
    problem: Problem
    evaluation: Evaluation
    repeated: bool = False
    weights: Mapping[str, NDArray[Any]] = field(default_factory=dict[str, NDArray[Any]])
    note: str | None = None
    stopped: bool = False
    pretrained: bool = False


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
    transform_dir: Path | None = None,
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
        transform_dir: Where the recipe's transform is looked for before the corpus.

    Raises:
        UsageError: The transform is unknown; the dataset does not suit the task, or its directory
            does not hold it; the predictions are larger than what leaves a sandbox; `compile`
            without `unsafe`.
        FetchError: The dataset cannot be obtained.
        SandboxError: No sandbox can be had, or it failed.
        Interrupted: By Ctrl-C, or `warm` was interrupted; nothing is kept but the checkpoint.
    """
    if recipe.compile:
        sandbox = _that_compiles(unsafe, warm)
    recipe, transform = _with_transform(recipe, corpus, transform_dir)
    data = prepare(recipe, directory=directory, progress=observer.message if observer else None)
    # A fallback must not pass for the dataset that it stands in for.
    recipe = recipe.model_copy(update={"dataset": data.dataset})
    known = corpus.evaluations.get(network.id, recipe.id) if corpus is not None else None
    if known is not None and not again and not weights:
        return Trained(
            network=network,
            recipe=recipe,
            problem=data.problem,
            evaluation=known,
            repeated=True,
            note=data.note,
        )
    _expect_predictions_that_fit(data)
    training = Training(
        network=network,
        recipe=recipe,
        data=data,
        transform=transform,
        weights=weights,
        observer=observer,
    )
    try:
        with ExitStack() as stack:
            if warm is None:
                warm = stack.enter_context(
                    WarmWorker(sandbox=sandbox, unsafe=unsafe, threads=threads)
                )
            report, epochs = training.run(warm.of(data.inputs))
    except KeyboardInterrupt as error:
        raise Interrupted(training.how_to_go_on()) from error
    warm.check()
    return _kept(corpus, training, report, epochs)


def _with_transform(
    recipe: Recipe, corpus: Corpus | None, directory: Path | None
) -> tuple[Recipe, str | None]:
    """The recipe with the full name of its transform, and the source of that."""
    if recipe.transform is None:
        return recipe, None
    found = find_transform(recipe.transform, corpus, directory)
    return recipe.model_copy(update={"transform": found.name}), found.source


def _kept(
    corpus: Corpus | None,
    training: Training,
    report: TrainReport,
    epochs: Sequence[EpochMeasurement],
) -> Trained:
    """What a training came to, kept in the corpus where it is what its recipe says."""
    network, recipe = training.network, training.recipe
    stopped = report.stopped and len(epochs) < recipe.epochs
    whole = not stopped or recipe.track == "own" or recipe.schedule == "constant"
    if stopped and whole:
        recipe = recipe.model_copy(update={"epochs": len(epochs)})
    evaluation = _evaluation(network, recipe, report, epochs)
    if corpus is not None and whole:
        with corpus.transaction():
            corpus.networks.add([network])
            corpus.evaluations.add(evaluation, recipe)
    if not stopped:
        training.checkpoint.remove()
    return Trained(
        network=network,
        recipe=recipe,
        problem=training.data.problem,
        evaluation=evaluation,
        weights=report.weights,
        note=_note(training.data, report),
        stopped=stopped,
        pretrained=report.pretrained,
    )


def _evaluation(
    network: Network, recipe: Recipe, report: TrainReport, epochs: Sequence[EpochMeasurement]
) -> Evaluation:
    """Of all epochs, those before an interruption too."""
    earlier = epochs[: len(epochs) - len(report.epochs)]
    return Evaluation(
        network_id=network.id,
        recipe_id=recipe.id,
        verdict=report.verdict,
        epochs=tuple(epochs) if report.verdict.ok else (),
        seconds=report.seconds + sum(epoch.seconds for epoch in earlier),
    )


def _that_compiles(unsafe: bool, warm: WarmWorker | None) -> str:
    """The sandbox for torch.compile, which starts a compiler and loads what that makes: none."""
    if warm is not None or not unsafe:
        raise UsageError(
            "--compile needs a compiler, and no sandbox lets a network start programs; "
            "for a network that you trust, add --unsafe to train it without isolation"
        )
    return "none"


def _expect_predictions_that_fit(data: PreparedData) -> None:
    count = len(next(iter(data.validation.values())))
    size = prediction_bytes(data.problem, count + len(data.validation.get(PROBES, ())))
    if size > MAX_ARRAYS:
        raise UsageError(
            f"the predictions for {count} validation samples take {size >> 20} MiB, and "
            f"{MAX_ARRAYS >> 20} MiB leave a sandbox; set validation_samples to "
            f"{max(1, count * MAX_ARRAYS // size)} at most"
        )


def _note(data: PreparedData, report: TrainReport) -> str | None:
    notes = [data.note] if data.note else []
    if report.slow:
        notes.append(f"{', '.join(report.slow)} of the transform went image by image, slowly")
    if report.device == "cpu" and accelerators():
        notes.append(
            "the GPU of this machine could not be used in the sandbox; trained on the CPU (an "
            "empty CUDA_VISIBLE_DEVICES says that it is not wanted)"
        )
    return "; ".join(notes) or None
