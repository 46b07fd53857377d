"""The parent's side of a training: judges what comes back, and computes every metric itself.

Nothing that a worker sends is believed: arrays are accepted only with the exact names, types and
shapes that were asked for, and metrics are computed here, from targets that never left.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from catta.evaluation.expected import PROBES, MalformedError, expect_arrays, expect_causal
from catta.evaluation.worker import Reply, Worker
from catta.records import EpochMeasurement, Outcome, Problem, Recipe, Stage, Verdict
from catta.tasks.metrics import score
from catta.tasks.objective_text import with_objective

CHECKPOINT = "checkpoint"
INITIAL = "initial."
WEIGHTS = "weights."
DEVICES = ("cpu", "cuda", "mps")
_MOST_NAMES = 10

OnEpoch = Callable[[EpochMeasurement, NDArray[np.uint8] | None], bool | None]
"""Is told each epoch when it ends, with the checkpoint if one is kept; in another thread.

If it returns False, the training ends there.
"""


class ScoringData(Protocol):
    """What scoring needs of a dataset; the targets stay in this process."""

    @property
    def problem(self) -> Problem:
        """Input and output of a network."""
        ...

    @property
    def validation(self) -> Mapping[str, NDArray[Any]]:
        """Targets of the validation split by name."""
        ...

    @property
    def test(self) -> Mapping[str, NDArray[Any]]:
        """Targets of the test split by name."""
        ...

    @property
    def words(self) -> tuple[str, ...]:
        """Names of the classes, or the vocabulary; empty where nobody gave names."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainReport:
    """How a training went: verdict, one measurement an epoch, seconds of wall clock.

    Attributes:
        weights: Parameters and buffers by name, if they were kept; hostile input, but numbers.
        stopped: Whether `on_epoch` ended it; its verdict is that of the epochs until then.
        pretrained: Whether the network asked for pretrained weights; it got random ones.
        slow: Steps of the transform that went through the images one by one, in each epoch.
        device: What it ran on, as the worker says: `cpu`, `cuda` or `mps`; empty if nothing ran.
    """

    verdict: Verdict
    epochs: tuple[EpochMeasurement, ...] = ()
    seconds: float = 0.0
    weights: Mapping[str, NDArray[Any]] = field(default_factory=dict[str, NDArray[Any]])
    stopped: bool = False
    pretrained: bool = False
    slow: tuple[str, ...] = ()
    device: str = ""


def train_and_score(
    worker: Worker,
    source: str,
    *,
    data: ScoringData,
    recipe: Recipe,
    keep: Collection[str] = (),
    resume: NDArray[np.uint8] | None = None,
    on_epoch: OnEpoch | None = None,
    transform: str | None = None,
    initial: Mapping[str, NDArray[Any]] | None = None,
) -> TrainReport:
    """Train a network in the sandbox and score its predictions on the validation split.

    Args:
        worker: Where.
        source: The network.
        data: What is predicted is scored with it.
        recipe: How it is trained.
        keep: `checkpoint` to get one with each epoch, `weights` to get them in the end.
        resume: A checkpoint of the same network and recipe to go on from.
        on_epoch: Told each epoch when it ends; ends the training by returning False.
        transform: Text of a transform module, which is executed in the sandbox; with it, the
            images of the data are bytes.
        initial: Weights to begin with, by name; None for the network's own.

    Returns:
        The epochs that were trained now; of a failure those before it.
    """
    scorer = _Scorer(data, data.validation, recipe, on_epoch, resumed=resume is not None)
    reply = _run(
        worker,
        source,
        data,
        recipe,
        "validation",
        scorer,
        keep=keep,
        resume=resume,
        transform=transform,
        initial=initial,
    )
    if reply.failure is not None:
        verdict = Verdict(outcome=reply.failure, stage=Stage.TRAIN, error=reply.error)
    elif reply.stopped and scorer.problem is None:
        verdict = Verdict(outcome=Outcome.OK, stage=Stage.SCORE)
    else:
        verdict = _ended(scorer, recipe)
    weights = {
        name.removeprefix(WEIGHTS): array
        for name, array in reply.arrays.items()
        if name.startswith(WEIGHTS)
    }
    epochs = tuple(scorer.epochs) if scorer.problem is None else ()
    return TrainReport(
        verdict=verdict,
        epochs=epochs,
        seconds=reply.seconds,
        weights=weights,
        stopped=reply.stopped and scorer.problem is None,
        pretrained=reply.header.get("pretrained") is True,
        slow=scorer.slow,
        device=scorer.device,
    )


def assess(
    worker: Worker,
    source: str,
    *,
    data: ScoringData,
    recipe: Recipe,
    transform: str | None = None,
) -> float | Verdict:
    """The recipe's metric on the test split after training under the recipe, or how it failed."""
    scorer = _Scorer(data, data.test, recipe, only_last=True)
    reply = _run(worker, source, data, recipe, "test", scorer, transform=transform)
    if reply.failure is not None:
        return Verdict(outcome=reply.failure, stage=Stage.TRAIN, error=reply.error)
    verdict = _ended(scorer, recipe)
    return scorer.epochs[-1].accuracy if verdict.ok else verdict


def _run(
    worker: Worker,
    source: str,
    data: ScoringData,
    recipe: Recipe,
    split: str,
    scorer: _Scorer,
    *,
    keep: Collection[str] = (),
    resume: NDArray[np.uint8] | None = None,
    transform: str | None = None,
    initial: Mapping[str, NDArray[Any]] | None = None,
) -> Reply:
    job: Mapping[str, Any] = {
        "kind": "train",
        "source": source,
        "problem": data.problem.model_dump(),
        "recipe": recipe.model_dump(),
        "predict": split,
        "keep": sorted(keep),
        "writes": recipe.compile,
        **with_objective(recipe.task),
        **({} if transform is None else {"transform": transform}),
    }
    arrays = {f"{INITIAL}{name}": array for name, array in (initial or {}).items()}
    return worker.run(
        job,
        seconds=recipe.seconds,
        memory_mb=recipe.memory_mb,
        arrays=arrays if resume is None else {**arrays, CHECKPOINT: resume},
        on_part=scorer.take,
        parts=recipe.epochs,
    )


def _ended(scorer: _Scorer, recipe: Recipe) -> Verdict:
    problem = scorer.problem
    if problem is None and (not scorer.epochs or scorer.epochs[-1].epoch != recipe.epochs):
        problem = "the training ended before its last epoch"
    if problem is not None:
        return Verdict(outcome=Outcome.INVALID, stage=Stage.SCORE, error=problem)
    return Verdict(outcome=Outcome.OK, stage=Stage.SCORE)


class _Scorer:
    """Takes the parts of a training, one an epoch, and scores their predictions.

    Attributes:
        epochs: What was measured so far.
        problem: What was wrong with a part, if something was; nothing counts after that.
        slow: Steps of the transform that go through the images one by one, as the worker says.
        device: What it runs on, as the worker says.
    """

    def __init__(
        self,
        data: ScoringData,
        targets: Mapping[str, NDArray[Any]],
        recipe: Recipe,
        on_epoch: OnEpoch | None = None,
        *,
        only_last: bool = False,
        resumed: bool = False,
    ) -> None:
        self._problem = data.problem
        self._words = data.words
        self._targets = targets
        self._recipe = recipe
        self._on_epoch = on_epoch
        self._only_last = only_last
        self._resumed = resumed
        self._last: int | None = None
        self.epochs: list[EpochMeasurement] = []
        self.problem: str | None = None
        self.slow: tuple[str, ...] = ()
        self.device = ""

    def take(self, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bool | None:
        """Take one part; False where the training is to end with it."""
        if self.problem is not None:
            return None
        try:
            measured, checkpoint = self._measure(header, dict(arrays))
        except MalformedError as error:
            self.problem = str(error)
            return False
        if measured is None:
            return None
        self.epochs.append(measured)
        return None if self._on_epoch is None else self._on_epoch(measured, checkpoint)

    def _measure(
        self, header: Mapping[str, Any], arrays: dict[str, NDArray[Any]]
    ) -> tuple[EpochMeasurement | None, NDArray[np.uint8] | None]:
        epoch = self._epoch(header)
        self.slow = _names(header, "image_by_image")
        self.device = next((d for d in DEVICES if header.get("device") == d), "")
        checkpoint = arrays.pop(CHECKPOINT, None)
        if self._only_last and epoch < self._recipe.epochs:
            if arrays:
                raise MalformedError("predictions came back that were not asked for")
            return None, checkpoint
        targets = {name: t for name, t in self._targets.items() if name != PROBES}
        probes = self._targets.get(PROBES)
        count = len(next(iter(targets.values())))
        expect_arrays(arrays, self._problem, count + (0 if probes is None else len(probes)))
        if probes is not None:
            expect_causal(arrays["scores"], probes)
            arrays = {"scores": arrays["scores"][:count]}
        metrics = score(self._problem, arrays, targets, self._words)
        seconds = _number(header, "seconds")
        loss = _known(header, "loss")
        return EpochMeasurement(
            epoch=epoch,
            loss=math.nan if loss is None else loss,
            accuracy=metrics[self._recipe.metric],
            seconds=seconds,
            learning_rate=_known(header, "learning_rate"),
            gradient_norm=_known(header, "gradient_norm"),
            samples_per_second=_number(header, "samples") / max(seconds, 1e-9),
            peak_memory_mb=_known(header, "peak_memory_mb"),
            metrics=metrics,
        ), checkpoint

    def _epoch(self, header: Mapping[str, Any]) -> int:
        """The number of the epoch, which has to follow; a job tried once more begins anew."""
        epoch = header.get("epoch")
        if not isinstance(epoch, int) or isinstance(epoch, bool):
            raise MalformedError("a part has no number of its epoch")
        if self._last is not None and epoch <= self._last:
            self.epochs.clear()
            self._last = None
        if self._last is None:
            follows = epoch >= 1 if self._resumed else epoch == 1
        else:
            follows = epoch == self._last + 1
        if not follows or epoch > self._recipe.epochs:
            raise MalformedError(f"epoch {epoch} does not follow")
        self._last = epoch
        return epoch


def _known(header: Mapping[str, Any], name: str) -> float | None:
    return None if header.get(name) is None else _number(header, name)


def _names(header: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Python names that a worker sent; whatever else is there is left out."""
    value = header.get(name)
    found = cast("list[object]", value) if isinstance(value, list) else []
    return tuple(one for one in found[:_MOST_NAMES] if isinstance(one, str) and one.isidentifier())


def _number(header: Mapping[str, Any], name: str) -> float:
    value = header.get(name)
    if not isinstance(value, float | int) or isinstance(value, bool) or not math.isfinite(value):
        raise MalformedError(f"the training returned no finite {name}")
    return float(value)
