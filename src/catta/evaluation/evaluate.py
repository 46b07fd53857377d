"""The parent's side of an evaluation: asks the sandbox, judges what comes back, computes the score.

Nothing that a worker sends is believed: arrays are accepted only with the exact names, types and
shapes that were asked for, and the accuracy is computed here, from labels that never left.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from catta.evaluation.worker import Reply, Worker
from catta.records import (
    BuildFacts,
    Caps,
    EpochMeasurement,
    Outcome,
    Recipe,
    Shapes,
    Stage,
    Verdict,
)

BUILD_SECONDS = 20.0
BUILD_MEMORY_MB = 3_072
_LARGEST = 2**53  # what every database keeps
_GRAPH = re.compile(r"g1:[0-9a-f]{32}")


class ScoringData(Protocol):
    """What scoring needs of a dataset; the labels stay in this process."""

    @property
    def shapes(self) -> Shapes:
        """Input and output of a network."""
        ...

    @property
    def validation_y(self) -> NDArray[np.int64]:
        """Labels of the validation split, (N,)."""
        ...

    @property
    def test_y(self) -> NDArray[np.int64]:
        """Labels of the test split, (N,)."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainReport:
    """How a training went: verdict, one measurement an epoch, seconds of wall clock."""

    verdict: Verdict
    epochs: tuple[EpochMeasurement, ...] = ()
    seconds: float = 0.0


class _MalformedError(Exception):
    """What a worker sent is not what was asked for."""


def build_check(
    worker: Worker, source: str, *, shapes: Shapes, recipe: Recipe, caps: Caps
) -> tuple[Verdict | None, BuildFacts | None]:
    """Instantiate a network and run a tiny batch forward and backward.

    Returns:
        No verdict where it passed; facts wherever it built, also over the caps.
    """
    job = {
        "kind": "build",
        "source": source,
        "shapes": shapes.model_dump(),
        "recipe": recipe.model_dump(),
    }
    reply = worker.run(job, seconds=BUILD_SECONDS, memory_mb=BUILD_MEMORY_MB)
    verdict = _failure(reply, Stage.BUILD)
    if verdict is not None:
        return verdict, None
    try:
        facts = _facts(reply.header)
    except _MalformedError as error:
        return _invalid(Stage.BUILD, str(error)), None
    if facts.parameters > caps.parameters:
        reason = f"{facts.parameters:,} parameters exceed the cap of {caps.parameters:,}"
        return _invalid(Stage.BUILD, reason), facts
    if facts.flops > caps.flops:
        reason = f"{facts.flops:,} FLOPs exceed the cap of {caps.flops:,}"
        return _invalid(Stage.BUILD, reason), facts
    return None, facts


def first_fit(
    worker: Worker, sources: Sequence[str], *, shapes: Shapes, recipe: Recipe, caps: Caps
) -> tuple[int, BuildFacts] | None:
    """Index of the first of several versions of a network that keeps the caps, and its facts.

    None where none does, or where that version passes no build check.
    """
    job = {
        "kind": "fit",
        "sources": list(sources),
        "shapes": shapes.model_dump(),
        "recipe": recipe.model_dump(),
        "caps": caps.model_dump(),
    }
    reply = worker.run(job, seconds=BUILD_SECONDS, memory_mb=BUILD_MEMORY_MB)
    if reply.failure is not None:
        return None
    try:
        index, facts = _count(reply.header, "index"), _facts(reply.header)
    except _MalformedError:
        return None
    return (index, facts) if index < len(sources) and caps.share(facts) <= 1 else None


def train_and_score(
    worker: Worker, source: str, *, data: ScoringData, recipe: Recipe
) -> TrainReport:
    """Train a network in the sandbox and score its predictions on the validation split."""
    reply = _run_training(worker, source, data, recipe, "validation")
    verdict = _failure(reply, Stage.TRAIN)
    if verdict is not None:
        return TrainReport(verdict=verdict, seconds=reply.seconds)
    try:
        _expect_arrays(reply, range(1, recipe.epochs + 1))
        losses = _numbers(reply.header, "losses", recipe.epochs)
        seconds = _numbers(reply.header, "seconds", recipe.epochs)
        measurements = tuple(
            EpochMeasurement(
                epoch=epoch,
                loss=losses[epoch - 1],
                accuracy=_accuracy(reply, epoch, data.validation_y, data.shapes.classes),
                seconds=seconds[epoch - 1],
            )
            for epoch in range(1, recipe.epochs + 1)
        )
    except _MalformedError as error:
        return TrainReport(verdict=_invalid(Stage.SCORE, str(error)), seconds=reply.seconds)
    verdict = Verdict(outcome=Outcome.OK, stage=Stage.SCORE)
    return TrainReport(verdict=verdict, epochs=measurements, seconds=reply.seconds)


def assess(worker: Worker, source: str, *, data: ScoringData, recipe: Recipe) -> float | Verdict:
    """Accuracy on the test split after training under the recipe, or how it failed."""
    reply = _run_training(worker, source, data, recipe, "test")
    verdict = _failure(reply, Stage.TRAIN)
    if verdict is not None:
        return verdict
    try:
        _expect_arrays(reply, [recipe.epochs])
        return _accuracy(reply, recipe.epochs, data.test_y, data.shapes.classes)
    except _MalformedError as error:
        return _invalid(Stage.SCORE, str(error))


def _run_training(
    worker: Worker, source: str, data: ScoringData, recipe: Recipe, split: str
) -> Reply:
    job: Mapping[str, Any] = {
        "kind": "train",
        "source": source,
        "shapes": data.shapes.model_dump(),
        "recipe": recipe.model_dump(),
        "predict": split,
    }
    return worker.run(job, seconds=recipe.seconds, memory_mb=recipe.memory_mb)


def _failure(reply: Reply, stage: Stage) -> Verdict | None:
    if reply.failure is None:
        return None
    return Verdict(outcome=reply.failure, stage=stage, error=reply.error)


def _facts(header: Mapping[str, Any]) -> BuildFacts:
    parameters, flops = _count(header, "parameters"), _count(header, "flops")
    graph, seconds = header.get("graph"), header.get("seconds")
    if not isinstance(graph, str) or not _GRAPH.fullmatch(graph):
        raise _MalformedError("the build check returned no graph")
    if not isinstance(seconds, float) or not math.isfinite(seconds):
        raise _MalformedError("the build check returned no time")
    return BuildFacts(parameters=parameters, flops=flops, graph=graph, seconds=seconds)


def _count(header: Mapping[str, Any], name: str) -> int:
    value = header.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _LARGEST:
        raise _MalformedError(f"the build check returned no number of {name}")
    return value


def _numbers(header: Mapping[str, Any], name: str, count: int) -> list[float]:
    values: list[Any] | None = header.get(name)
    if not isinstance(values, list) or len(values) != count:
        raise _MalformedError(f"the training returned no {name}")
    if not all(isinstance(v, float) and math.isfinite(v) for v in values):
        raise _MalformedError(f"the training returned {name} that are not finite")
    return values


def _expect_arrays(reply: Reply, epochs: Iterable[int]) -> None:
    """Exactly the predictions that were asked for, and nothing else."""
    if set(reply.arrays) != {f"scores_{epoch}" for epoch in epochs}:
        raise _MalformedError("other arrays came back than the predictions that were asked for")


def _accuracy(reply: Reply, epoch: int, labels: NDArray[np.int64], classes: int) -> float:
    scores = reply.arrays[f"scores_{epoch}"]
    wanted = (len(labels), classes)
    if scores.dtype != np.float32 or scores.shape != wanted:
        got = f"{scores.dtype} of shape {scores.shape}"
        raise _MalformedError(f"the predictions are {got}, wanted float32 of shape {wanted}")
    if not np.isfinite(scores).all():
        raise _MalformedError("the predictions are not finite")
    # torchmetrics takes five seconds to import, and only the parent that scores needs it: neither
    # the workers, which import this package, nor `catta runs list` should wait for it.
    from torchmetrics.functional.classification import multiclass_accuracy

    accuracy = multiclass_accuracy(
        torch.tensor(scores), torch.tensor(labels), num_classes=classes, average="micro"
    )
    return float(accuracy)


def _invalid(stage: Stage, error: str) -> Verdict:
    return Verdict(outcome=Outcome.INVALID, stage=stage, error=error)
