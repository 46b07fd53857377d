"""`catta.check_nn`, with the signature of LEMUR's `ab.nn.api.check_nn`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from catta.corpus import Corpus
from catta.errors import UsageError
from catta.paths import default_corpus
from catta.records import Evaluation
from catta.training.quality import Quality, code_quality
from catta.training.recipes import recipe_for
from catta.training.subjects import named
from catta.training.trainer import TrainObserver, train

_HUNDRED_SECONDS = 1e11
_LEMURS_NAMES = {"map": "map50"}
"""LEMUR's mean average precision is that at an overlap of one half."""

_OF_RECIPES = frozenset({"epoch", "batch", "transform"})
_NOT_FOR_NETWORKS = frozenset({"num_workers", "uid", "duration", "accuracy"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """What a network came to; it unpacks as `(name, accuracy, accuracy_to_time, code_quality)`.

    Attributes:
        name: Name of the network in the corpus.
        evaluation: Outcome and measurements.
        quality: What ruff found in its code.
        minimum: What chance gives: one by the number of classes for the accuracy of a
            classification, else 0.
    """

    name: str
    evaluation: Evaluation
    quality: Quality
    minimum: float = 0.0

    @property
    def accuracy(self) -> float | None:
        """The metric after the last epoch; None where the training failed."""
        return self.evaluation.accuracy

    @property
    def accuracy_to_time(self) -> float | None:
        """Accuracy above chance for each hundred seconds in the sandbox, as LEMUR has it.

        None where the training failed.
        """
        if self.accuracy is None:
            return None
        nanoseconds = self.evaluation.seconds * 1e9
        return max(0.0, self.accuracy - self.minimum) / max(nanoseconds / _HUNDRED_SECONDS, 1e-9)

    def __iter__(self) -> Iterator[Any]:
        return iter((self.name, self.accuracy, self.accuracy_to_time, self.quality.score))


def check_nn(
    nn_code: str,
    task: str,
    dataset: str,
    metric: str,
    prm: Mapping[str, Any],
    save_to_db: bool = True,
    prefix: str | None = None,
    save_path: str | Path | None = None,
    export_onnx: bool = False,
    epoch_limit_minutes: float = 30,
    transform_dir: str | Path | None = None,
    *,
    corpus: str | Path | None = None,
    observer: TrainObserver | None = None,
    unsafe: bool = False,
) -> Checked:
    """Train and score a network that is given as text.

    Unlike LEMUR's, it runs in the sandbox, is scored on a validation split, and a network that
    fails comes back with its outcome instead of an exception.

    Args:
        nn_code: Text of the network.
        task: LEMUR's name of the task.
        dataset: See `catta datasets list`.
        metric: One of the task's metrics; `map` is LEMUR's, which is called `map50` here.
        prm: Hyperparameters, and LEMUR's `batch`, `epoch` and `transform`; numbers or their text.
        save_to_db: Whether the corpus keeps it.
        prefix: How its name in the corpus begins.
        save_path: Directory that gets a file `<epoch>.json` for each epoch, as LEMUR's.
        export_onnx: Not yet here.
        epoch_limit_minutes: Wall-clock limit of an epoch, prediction included.
        transform_dir: Directory with `NAME.py` of the transform, if it is not the corpus' own.
        corpus: Path or URL; default: `CATTA_CORPUS` or the user's data directory.
        observer: Told how it goes.
        unsafe: Run without isolation if none can be had.

    Raises:
        UsageError: A name is unknown, or a value makes no sense.
    """
    if export_onnx:
        raise UsageError("export_onnx: Catta cannot do this yet")
    transforms = None if transform_dir is None else Path(transform_dir)
    epochs = _whole("epoch", prm.get("epoch", 1))
    own = {k: _number(k, v) for k, v in prm.items() if k not in _OF_RECIPES | _NOT_FOR_NETWORKS}
    recipe = recipe_for(
        task,
        nn_code,
        prm=own,
        dataset=dataset,
        metric=_LEMURS_NAMES.get(metric, metric),
        epochs=epochs,
        batch=None if prm.get("batch") is None else _whole("batch", prm["batch"]),
        transform=prm.get("transform"),
        seconds=60.0 * epoch_limit_minutes * epochs,
    )
    subject = named("checked", nn_code)
    digest = subject.id.partition(":")[2][:16]
    subject = named(f"{prefix}-{digest}" if prefix else digest, nn_code)
    if save_to_db:
        with Corpus.open(corpus or default_corpus()) as store:
            trained = train(
                subject,
                recipe,
                corpus=store,
                observer=observer,
                unsafe=unsafe,
                transform_dir=transforms,
            )
            name = (store.networks.get(subject.id) or subject).name
    else:
        trained = train(subject, recipe, observer=observer, unsafe=unsafe, transform_dir=transforms)
        name = subject.name
    if save_path is not None:
        _save(Path(save_path), trained.evaluation, dict(prm))
    chance = recipe.task == "img-classification" and recipe.metric == "acc"
    return Checked(
        name=name,
        evaluation=trained.evaluation,
        quality=code_quality(nn_code),
        minimum=1 / trained.problem.outputs if chance else 0.0,
    )


def _number(name: str, value: object) -> float:
    try:
        return float(str(value))
    except ValueError as error:
        raise UsageError(f"prm: {name} is a number, not {value!r}") from error


def _whole(name: str, value: object) -> int:
    number = _number(name, value)
    if not number.is_integer():
        raise UsageError(f"prm: {name} is a whole number, not {value!r}")
    return int(number)


def _save(directory: Path, evaluation: Evaluation, prm: Mapping[str, Any]) -> None:
    """A file for each epoch, in LEMUR's form: a list of one flat object."""
    directory.mkdir(parents=True, exist_ok=True)
    seconds = 0.0
    for measured in evaluation.epochs:
        seconds += measured.seconds
        plain = {k: v for k, v in asdict(measured).items() if k not in {"metrics", "seconds"}}
        row = {**prm, **plain, **measured.metrics, "duration": round(seconds * 1e9)}
        (directory / f"{measured.epoch}.json").write_text(json.dumps([row], indent=1))
