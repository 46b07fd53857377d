"""`catta.check_nn`, with the signature of LEMUR's `ab.nn.api.check_nn`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from catta.corpus import Corpus
from catta.errors import ExportError, UsageError
from catta.fetch import storing
from catta.paths import default_corpus
from catta.records import Evaluation, Recipe
from catta.training.quality import Quality, code_quality
from catta.training.recipes import recipe_for
from catta.training.running import TrainObserver
from catta.training.subjects import named
from catta.training.trainer import Trained, train

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
        onnx: The file, if one was wanted and could be made.
        onnx_error: Why one that was wanted could not be made.
    """

    name: str
    evaluation: Evaluation
    quality: Quality
    minimum: float = 0.0
    onnx: Path | None = None
    onnx_error: str | None = None

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
        export_onnx: Whether it is also written as `<name>.onnx`, compared with PyTorch, to
            `save_path` or where this process works; needs `catta[export]`.
        epoch_limit_minutes: Wall-clock limit of an epoch, prediction included.
        transform_dir: Directory with `NAME.py` of the transform, if it is not the corpus' own.
        corpus: Path or URL; default: `CATTA_CORPUS` or the user's data directory.
        observer: Told how it goes.
        unsafe: Run without isolation if none can be had.

    Raises:
        UsageError: A name is unknown, a value makes no sense, `save_path` is no directory, or
            networks for the task have no ONNX file.
    """
    recipe = _recipe(nn_code, task, dataset, metric, prm, epoch_limit_minutes)
    if export_onnx:
        _expect_onnx(task)
    name = prefixed(nn_code, prefix)
    target = Path(save_path or ".")
    _expect_directory(target)
    transforms = None if transform_dir is None else Path(transform_dir)
    with ExitStack() as stack:
        store = stack.enter_context(Corpus.open(corpus or default_corpus())) if save_to_db else None
        subject = named(name, nn_code)
        trained = train(
            subject,
            recipe,
            corpus=store,
            observer=observer,
            unsafe=unsafe,
            transform_dir=transforms,
            weights=export_onnx,
        )
        known = None if store is None else store.networks.get(subject.id)
        name = name if known is None else known.name
        if save_path is not None:
            _save(target, trained.evaluation, dict(prm))
        file, error = None, None
        if export_onnx and trained.evaluation.verdict.ok:
            try:
                file = _onnx(trained, target / f"{name}.onnx", store, transforms, unsafe)
            except ExportError as failure:
                error = str(failure)
    chance = recipe.task == "img-classification" and recipe.metric == "acc"
    return Checked(
        name=name,
        evaluation=trained.evaluation,
        quality=code_quality(nn_code),
        minimum=1 / trained.problem.outputs if chance else 0.0,
        onnx=file,
        onnx_error=error,
    )


def prefixed(nn_code: str, prefix: str | None) -> str:
    """Name of a network that has none: a prefix, and a hash of its text.

    Raises:
        UsageError: The text is no module, or the prefix is no part of the name of a file.
    """
    if prefix and (Path(prefix).name != prefix or not prefix.isprintable()):
        raise UsageError(f"prefix: {prefix!r} cannot begin the name of a file")
    digest = named("checked", nn_code).id.partition(":")[2][:16]
    return f"{prefix}-{digest}" if prefix else digest


def _recipe(
    nn_code: str, task: str, dataset: str, metric: str, prm: Mapping[str, Any], minutes: float
) -> Recipe:
    """The own recipe that LEMUR's arguments say."""
    epochs = _whole("epoch", prm.get("epoch", 1))
    return recipe_for(
        task,
        nn_code,
        prm={k: _number(k, v) for k, v in prm.items() if k not in _OF_RECIPES | _NOT_FOR_NETWORKS},
        dataset=dataset,
        metric=_LEMURS_NAMES.get(metric, metric),
        epochs=epochs,
        batch=None if prm.get("batch") is None else _whole("batch", prm["batch"]),
        transform=prm.get("transform"),
        seconds=60.0 * minutes * epochs,
    )


def _expect_onnx(task: str) -> None:
    """Raise UsageError, before any training, where there will be no file."""
    from catta.export import find_exporter
    from catta.export.subjects import expect_exportable

    expect_exportable(task)
    find_exporter("onnx", "none")


def _expect_directory(directory: Path) -> None:
    """Raise UsageError, before any training, where nothing can be written."""
    place = next(path for path in (directory, *directory.absolute().parents) if path.exists())
    if not place.is_dir() or not os.access(place, os.W_OK):
        raise UsageError(f"save_path: {directory} is no directory, or cannot be written to")


def _onnx(
    trained: Trained, file: Path, corpus: Corpus | None, transform_dir: Path | None, unsafe: bool
) -> Path:
    """Write what was trained as an ONNX file that was compared with PyTorch; returns the file."""
    from catta.export import Workplace, export, find_exporter
    from catta.export.files import write_file
    from catta.export.kept import keep
    from catta.export.subjects import prepared

    if not trained.weights:
        raise ExportError("the weights are more than leave the sandbox, 256 MiB")
    subject = prepared(
        trained.network,
        trained.recipe,
        weights=trained.weights,
        corpus=corpus,
        transform_dir=transform_dir,
    )
    with Workplace(unsafe=unsafe) as workplace:
        exported = export(subject, find_exporter("onnx", "none"), workplace=workplace)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_file(file, exported.content)
    if corpus is not None:
        keep(exported, corpus)
    return file


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
    seconds = 0.0
    with storing(directory):
        directory.mkdir(parents=True, exist_ok=True)
        for measured in evaluation.epochs:
            seconds += measured.seconds
            plain = {k: v for k, v in asdict(measured).items() if k not in {"metrics", "seconds"}}
            row = {**prm, **plain, **measured.metrics, "duration": round(seconds * 1e9)}
            (directory / f"{measured.epoch}.json").write_text(json.dumps([row], indent=1))
