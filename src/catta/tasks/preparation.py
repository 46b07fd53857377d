"""The data of one recipe: split, resized and normalised once, then kept in the cache.

    <cache>/data/<key>/inputs/   train_x.npy, train_<target>.npy, validation_x.npy, test_x.npy
                                 and norm.npy where images are raw
    <cache>/data/<key>/labels/   validation_<target>.npy, test_<target>.npy

Only `inputs` is for the sandbox: what networks are scored with lies beside it. What the arrays hold
is in `catta.tasks.sources`; images are float32, normalised. For a recipe with a transform they are
raw: uint8, of the dataset's own size if it has one for all images, else of the recipe's; `norm` is
the mean and the deviation of their channels, (2, C) float32, for the transform.
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
from catta.records import Problem, Recipe
from catta.tasks.datasets import (
    Dataset,
    ImageDataset,
    expect_content,
    find_dataset,
    named_failures,
    tasks_of,
)
from catta.tasks.images import CHUNK, Normalisation, normalised
from catta.tasks.known_tasks import find_task
from catta.tasks.sources import ImageSource, Part, Samples, Source
from catta.tasks.splits import Split, split
from catta.tasks.targets import PROBES
from catta.tasks.text import TEXT_TASK
from catta.tasks.text_source import UncutText
from catta.tasks.validation import validate

_FORMAT = 2
"""Counts up when prepared data of an older version must not be used any more."""

_MOST_PROBES = 32


@dataclass(frozen=True, kw_only=True)
class PreparedData:
    """The data of one recipe.

    Attributes:
        inputs: Directory with what a network may see: `train_x.npy`, the targets of training
            (`train_y.npy`), `validation_x.npy` and `test_x.npy`.
        problem: What goes into a network and comes out.
        validation: Targets of the validation split by name, for the parent process only; of texts
            also `probes`, (P,) int64, for that many samples at the end of `validation_x.npy`.
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
        UsageError: Unknown task or dataset, one that is not for this task, the directory does not
            hold the dataset, or the code of a dataset of the user's fails.
        FetchError: The dataset cannot be obtained, is damaged, or the disk is full.
    """
    with named_failures(recipe.dataset):
        return _prepared(recipe, directory, progress)


def _prepared(recipe: Recipe, directory: Path | None, progress: Progress | None) -> PreparedData:
    if recipe.transform is not None and not find_task(recipe.task).images:
        raise UsageError(f"{recipe.task} takes no transform; {recipe.transform} is for images")
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
    with locked(root, progress), storing(root):
        if not _is_whole(place, recipe):
            if progress is not None:
                progress(f"Preparing {source.name}")
            with scratch_directory(root) as scratch:
                finished = scratch / place.name
                _write(finished, source, parts, recipe)
                shutil.rmtree(place, ignore_errors=True)
                finished.replace(place)
        place.touch()  # so that the cache can be cleared of what is not used
    return PreparedData(
        inputs=place / "inputs",
        problem=_problem(place, source, recipe),
        validation=_targets(place, "validation", _scored_with(recipe.task)),
        test=_targets(place, "test", _scored_with(recipe.task)),
        dataset=source.name,
        words=source.words,
        note=_note(source, recipe, parts),
    )


def open_source(
    task: str, dataset: str, directory: Path | None = None, progress: Progress | None = None
) -> Source:
    """Open a dataset for a task; see `prepare` for the errors."""
    find_task(task)  # before the dataset is looked for
    found = find_dataset(dataset)
    if task not in tasks_of(found):
        raise UsageError(f"{dataset} is a dataset for {', '.join(tasks_of(found))}, not for {task}")
    source = opened(found, task, directory, progress)
    expect_content(dataset, source.name)
    return source


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
    return recipe.length if recipe.task == TEXT_TASK else recipe.resolution


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
    if recipe.transform is not None:
        settings |= {"size": _raw_size(source, recipe), "raw": True}
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
    return f"{source.name}-{digest[:24]}"


def _raw_size(source: Source, recipe: Recipe) -> int:
    """Height and width of raw images."""
    if isinstance(source, ImageSource):
        height, width = source.raw.train_x.shape[2:]
        if height == width:
            return height
    return recipe.resolution


def _write(place: Path, source: Source, parts: Split, recipe: Recipe) -> None:
    raw = recipe.transform is not None
    size = _raw_size(source, recipe) if raw else sample_size(recipe)
    scale = source.measure(parts.train, size) if find_task(recipe.task).images else None
    inputs, labels = place / "inputs", place / "labels"
    inputs.mkdir(parents=True)
    labels.mkdir()
    if raw and scale is not None:
        np.save(inputs / "norm.npy", np.array([scale.mean, scale.std], np.float32))
        scale = None
    everything = np.arange(source.count("test"), dtype=np.int64)
    splits: tuple[tuple[str, Part, NDArray[np.int64]], ...] = (
        ("train", "train", parts.train),
        ("validation", "train", parts.validation),
        ("test", "test", everything),
    )
    for name, part, indices in splits:
        hidden = inputs if name == "train" else labels
        places = {"x": inputs / f"{name}_x.npy"} | {
            target: hidden / f"{name}_{target}.npy" for target in find_task(recipe.task).targets
        }
        chunks = (
            source.read(part, indices[start : start + CHUNK], size)
            for start in range(0, max(len(indices), 1), CHUNK)
        )
        _write_arrays(places, len(indices), chunks, scale)
        if recipe.task == TEXT_TASK and name != "train":
            _append_probes(places["x"], labels / f"{name}_{PROBES}.npy", recipe.seed)


def _append_probes(texts: Path, positions: Path, seed: int) -> None:
    """Append copies of the first texts whose tokens, from some position on, are another text's.

    What a network says about the tokens before that position must not depend on them.
    """
    x = np.array(_load(texts))
    count, length = min(_MOST_PROBES, len(x)), x.shape[1]
    where = np.random.default_rng(seed).integers(1, length, count)
    later = np.arange(length) >= where[:, None]
    probes = np.where(later, np.roll(x, -1, axis=0)[:count], x[:count])
    texts.unlink()  # it is mapped
    np.save(texts, np.concatenate([x, probes.astype(x.dtype)]))
    np.save(positions, where.astype(np.int64))


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


def _is_whole(place: Path, recipe: Recipe) -> bool:
    """Whether all files are there and none is shorter than its header says."""
    task = recipe.task
    names = [f"inputs/{name}_x" for name in ("train", "validation", "test")]
    names += [f"inputs/train_{target}" for target in find_task(task).targets]
    names += [f"labels/{n}_{t}" for n in ("validation", "test") for t in _scored_with(task)]
    names += [] if recipe.transform is None else ["inputs/norm"]
    try:
        for name in names:
            _load(place / f"{name}.npy")
    except (OSError, ValueError, EOFError):
        return False
    return True


def _scored_with(task: str) -> tuple[str, ...]:
    """What is kept beside the inputs: the targets, and the probes of texts."""
    return (*find_task(task).targets, *((PROBES,) if task == TEXT_TASK else ()))


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
