"""The data of one recipe: split, resized and normalised once, then kept in the cache.

    <cache>/data/<key>/inputs/   train_x.npy, train_<target>.npy, validation_x.npy, test_x.npy
    <cache>/data/<key>/labels/   validation_<target>.npy, test_<target>.npy

Only `inputs` is for the sandbox: what networks are scored with lies beside it. What the arrays hold
is in `catta.tasks.sources`; images are float32, normalised.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catta.errors import UsageError
from catta.fetch import Progress, locked, scratch_directory, storing
from catta.paths import cache_dir
from catta.records import Problem, Recipe, Shapes
from catta.tasks.datasets import Dataset, ImageDataset, find_dataset, tasks_of
from catta.tasks.images import CHUNK, Normalisation, normalised
from catta.tasks.sources import TARGETS, ImageSource, Part, Samples, Source
from catta.tasks.splits import Split, split
from catta.tasks.text_source import UncutText
from catta.tasks.validation import validate

_FORMAT = 2
"""Counts up when prepared data of an older version must not be used any more."""

TEXT = "txt-generation"


@dataclass(frozen=True, kw_only=True)
class PreparedData:
    """The data of one recipe.

    Attributes:
        inputs: Directory with what a network may see: `train_x.npy`, the targets of training
            (`train_y.npy`), `validation_x.npy` and `test_x.npy`.
        problem: What goes into a network and comes out.
        validation: Targets of the validation split by name, for the parent process only.
        test: Targets of the test split by name, for the parent process only.
        dataset: Name of the dataset that was really used.
        words: Names of the classes or the vocabulary; empty where nobody gave names.
        note: One line for the user if this is not quite what the recipe asked for.
    """

    inputs: Path
    problem: Problem
    validation: Mapping[str, NDArray[Any]]
    test: Mapping[str, NDArray[Any]]
    dataset: str
    words: tuple[str, ...] = ()
    note: str | None = None

    @property
    def shapes(self) -> Shapes:
        """The problem, where it is the classification of images."""
        channels, height, width = self.problem.sample
        return Shapes(channels=channels, height=height, width=width, classes=self.problem.outputs)

    @property
    def validation_y(self) -> NDArray[np.int64]:
        """Labels of the validation split of a classification, (V,)."""
        return self.validation["y"]

    @property
    def test_y(self) -> NDArray[np.int64]:
        """Labels of the test split of a classification, (T,)."""
        return self.test["y"]


def prepare(
    recipe: Recipe, *, directory: Path | None = None, progress: Progress | None = None
) -> PreparedData:
    """Load, split, resize and normalise the data of a recipe, or take it from the cache.

    Where the dataset has a fallback and had to use it, the result's `dataset` and `note` say so; a
    recipe that is stored should name that dataset.

    Args:
        recipe: Its task, dataset, resolution or length, numbers of samples and seed count.
        directory: Where the files of the dataset are; None to find or fetch them.
        progress: Told in one line what is going on.

    Raises:
        UsageError: Unknown task or dataset, one that is not for this task, or the directory does
            not hold the dataset.
        FetchError: The dataset cannot be obtained, is damaged, or the disk is full.
    """
    source = open_source(recipe.task, recipe.dataset, directory, progress)
    if isinstance(source, UncutText):
        source = source.cut(recipe.length)
    parts = split(
        source.strata(),
        train_samples=recipe.train_samples,
        validation_samples=recipe.validation_samples,
        seed=recipe.seed,
    )
    root = cache_dir() / "data"
    place = root / _key(source, recipe)
    targets = TARGETS[recipe.task]
    with locked(root, progress), storing(root):
        if not _is_whole(place, targets):
            if progress is not None:
                progress(f"Preparing {source.name}")
            with scratch_directory(root) as scratch:
                finished = scratch / place.name
                _write(finished, source, parts, recipe)
                shutil.rmtree(place, ignore_errors=True)
                finished.replace(place)
    return PreparedData(
        inputs=place / "inputs",
        problem=_problem(place, source, recipe),
        validation=_targets(place, "validation", targets),
        test=_targets(place, "test", targets),
        dataset=source.name,
        words=source.words,
        note=_note(source, recipe, parts),
    )


def open_source(
    task: str, dataset: str, directory: Path | None = None, progress: Progress | None = None
) -> Source:
    """Open a dataset for a task; see `prepare` for the errors."""
    if task not in TARGETS:
        raise UsageError(f"task must be one of {', '.join(TARGETS)}, not {task!r}")
    found = find_dataset(dataset)
    if task not in tasks_of(found):
        raise UsageError(f"{dataset} is a dataset for {', '.join(tasks_of(found))}, not for {task}")
    return opened(found, task, directory, progress)


def opened(
    dataset: Dataset | ImageDataset,
    task: str,
    directory: Path | None = None,
    progress: Progress | None = None,
) -> Source:
    """A dataset of either kind as a source; see `prepare` for the errors."""
    either: Any = dataset
    if hasattr(either, "open"):
        return either.open(task, directory, progress)
    raw = either.load(directory, progress)
    validate(raw)
    return ImageSource(raw)


def sample_size(recipe: Recipe) -> int:
    """Height and width of the images, or tokens of a text."""
    return recipe.length if recipe.task == TEXT else recipe.resolution


def _key(source: Source, recipe: Recipe) -> str:
    """Name of the prepared data: a hash of all that it depends on, the samples included."""
    settings = {
        "format": _FORMAT,
        "task": recipe.task,
        "dataset": source.name,
        "content": source.digest(),
        "size": sample_size(recipe),
        "train_samples": recipe.train_samples,
        "validation_samples": recipe.validation_samples,
        "seed": recipe.seed,
    }
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
    return f"{source.name}-{digest[:24]}"


def _write(place: Path, source: Source, parts: Split, recipe: Recipe) -> None:
    size = sample_size(recipe)
    scale = None if recipe.task == TEXT else source.measure(parts.train, size)
    inputs, labels = place / "inputs", place / "labels"
    inputs.mkdir(parents=True)
    labels.mkdir()
    everything = np.arange(source.count("test"), dtype=np.int64)
    splits: tuple[tuple[str, Part, NDArray[np.int64]], ...] = (
        ("train", "train", parts.train),
        ("validation", "train", parts.validation),
        ("test", "test", everything),
    )
    for name, part, indices in splits:
        hidden = inputs if name == "train" else labels
        places = {"x": inputs / f"{name}_x.npy"} | {
            target: hidden / f"{name}_{target}.npy" for target in TARGETS[recipe.task]
        }
        chunks = (
            source.read(part, indices[start : start + CHUNK], size)
            for start in range(0, max(len(indices), 1), CHUNK)
        )
        _write_arrays(places, len(indices), chunks, scale)


def _write_arrays(
    places: Mapping[str, Path],
    count: int,
    chunks: Iterator[Samples],
    scale: Normalisation | None,
) -> None:
    """Write `.npy` files chunk by chunk, whose first axis is `count` long; images are normalised.

    Not through memory maps: where the disk is full, that ends the process by a signal.
    """
    files = {name: path.open("wb") for name, path in places.items()}
    try:
        for number, samples in enumerate(chunks):
            if scale is not None:
                samples["x"] = normalised(samples["x"], scale)
            for name, file in files.items():
                array = np.ascontiguousarray(samples[name])
                if number == 0:
                    descr = np.lib.format.dtype_to_descr(array.dtype)
                    shape = (count, *array.shape[1:])
                    header: Any = {"descr": descr, "fortran_order": False, "shape": shape}
                    np.lib.format.write_array_header_1_0(file, header)
                file.write(array.data)
    finally:
        for file in files.values():
            file.close()


def _is_whole(place: Path, targets: tuple[str, ...]) -> bool:
    """Whether all files are there and none is shorter than its header says."""
    names = [f"inputs/{name}_x" for name in ("train", "validation", "test")]
    names += [f"inputs/train_{target}" for target in targets]
    names += [f"labels/{name}_{target}" for name in ("validation", "test") for target in targets]
    try:
        for name in names:
            _load(place / f"{name}.npy")
    except (OSError, ValueError, EOFError):
        return False
    return True


def _problem(place: Path, source: Source, recipe: Recipe) -> Problem:
    shape = _load(place / "inputs" / "train_x.npy").shape[1:]
    return Problem(task=recipe.task, sample=shape, outputs=source.outputs)


def _targets(place: Path, name: str, targets: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    """Read into memory: a file that another process writes anew changes nothing here."""
    return {t: np.array(_load(place / "labels" / f"{name}_{t}.npy")) for t in targets}


def _load(path: Path) -> NDArray[Any]:
    return np.load(path, mmap_mode="r", allow_pickle=False)


def _note(source: Source, recipe: Recipe, parts: Split) -> str | None:
    notes = [source.note] if source.note else []
    for name, wanted, got in (
        ("train_samples", recipe.train_samples, len(parts.train)),
        ("validation_samples", recipe.validation_samples, len(parts.validation)),
    ):
        if got < wanted:
            notes.append(f"{source.name} gives only {got} of {wanted} {name}")
    return "; ".join(notes) or None
