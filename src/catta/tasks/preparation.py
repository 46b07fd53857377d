"""The data of one recipe: split, resized and normalised once, then kept in the cache.

    <cache>/data/<key>/inputs/   train_x.npy train_y.npy validation_x.npy test_x.npy
    <cache>/data/<key>/labels/   validation_y.npy test_y.npy

Only `inputs` is for the sandbox: the labels that networks are scored with lie beside it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catta.errors import FetchError, UsageError
from catta.fetch import Progress, locked, scratch_directory, storing
from catta.paths import cache_dir
from catta.records import Recipe, Shapes
from catta.tasks.datasets import RawImages, find_dataset
from catta.tasks.images import measure, transformed
from catta.tasks.splits import Split, split

TASK = "img-classification"

_FORMAT = 1
"""Counts up when prepared data of an older version must not be used any more."""


@dataclass(frozen=True, kw_only=True)
class PreparedData:
    """The data of one recipe; C is the number of channels, R the resolution.

    Attributes:
        inputs: Directory with what a network may see: `train_x.npy` (N, C, R, R) float32,
            `train_y.npy` (N,) int64, `validation_x.npy` (V, C, R, R) and `test_x.npy`
            (T, C, R, R) float32. Normalised with the mean and deviation of the training subset.
        validation_y: (V,) int64, for the parent process only.
        test_y: (T,) int64, for the parent process only.
        shapes: What goes into a network and comes out.
        dataset: Name of the dataset that was really used.
        note: One line for the user if this is not quite what the recipe asked for.
    """

    inputs: Path
    validation_y: NDArray[np.int64]
    test_y: NDArray[np.int64]
    shapes: Shapes
    dataset: str
    note: str | None = None


def prepare(
    recipe: Recipe, *, directory: Path | None = None, progress: Progress | None = None
) -> PreparedData:
    """Load, split, resize and normalise the data of a recipe, or take it from the cache.

    Where the dataset has a fallback and had to use it, the result's `dataset` and `note` say so; a
    recipe that is stored should name that dataset.

    Args:
        recipe: Its dataset, resolution, numbers of samples and seed count.
        directory: Where the files of the dataset are; None to find or fetch them.
        progress: Told in one line what is going on.

    Raises:
        UsageError: Unknown task or dataset, or the directory does not hold the dataset.
        FetchError: The dataset cannot be obtained, is damaged, or the disk is full.
    """
    if recipe.task != TASK:
        raise UsageError(f"task must be {TASK}, not {recipe.task!r}")
    raw = find_dataset(recipe.dataset).load(directory, progress)
    _validate(raw)
    parts = split(
        raw.train_y,
        train_samples=recipe.train_samples,
        validation_samples=recipe.validation_samples,
        seed=recipe.seed,
    )
    root = cache_dir() / "data"
    place = root / _key(raw, recipe)
    with locked(root, progress), storing(root):
        if not _is_whole(place):
            if progress is not None:
                progress(f"Preparing {raw.name}")
            with scratch_directory(root) as scratch:
                finished = scratch / place.name
                _write(finished, raw, parts, recipe.resolution)
                shutil.rmtree(place, ignore_errors=True)
                finished.replace(place)
    return PreparedData(
        inputs=place / "inputs",
        validation_y=raw.train_y[parts.validation],
        test_y=raw.test_y,
        shapes=Shapes(
            channels=raw.train_x.shape[1],
            height=recipe.resolution,
            width=recipe.resolution,
            classes=raw.classes,
        ),
        dataset=raw.name,
        note=_note(raw, recipe, parts),
    )


def _validate(raw: RawImages) -> None:
    """Refuse what a damaged file or a faulty package could give."""
    for part, x, y in (("training", raw.train_x, raw.train_y), ("test", raw.test_x, raw.test_y)):
        if x.ndim != 4 or x.dtype != np.uint8 or y.shape != x.shape[:1] or y.dtype != np.int64:
            raise FetchError(f"{raw.name} has {part} images or labels of a wrong shape or type")
        if not len(y) or y.min() < 0 or y.max() >= raw.classes:
            raise FetchError(f"the {part} labels of {raw.name} are not 0 to {raw.classes - 1}")
    if raw.train_x.shape[1:] != raw.test_x.shape[1:]:
        raise FetchError(f"training and test images of {raw.name} differ in shape")


def _key(raw: RawImages, recipe: Recipe) -> str:
    """Name of the prepared data: a hash of all that it depends on, the pixels included."""
    settings = {
        "format": _FORMAT,
        "dataset": raw.name,
        "resolution": recipe.resolution,
        "train_samples": recipe.train_samples,
        "validation_samples": recipe.validation_samples,
        "seed": recipe.seed,
    }
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for array in (raw.train_x, raw.train_y, raw.test_x, raw.test_y):
        digest.update(repr(array.shape).encode())
        digest.update(np.ascontiguousarray(array).data)
    return f"{raw.name}-{digest.hexdigest()[:24]}"


def _write(place: Path, raw: RawImages, parts: Split, resolution: int) -> None:
    inputs, labels = place / "inputs", place / "labels"
    inputs.mkdir(parents=True)
    labels.mkdir()
    train_x = raw.train_x[parts.train]
    normalisation = measure(train_x)
    images = {
        "train_x": train_x,
        "validation_x": raw.train_x[parts.validation],
        "test_x": raw.test_x,
    }
    for name, pixels in images.items():
        shape = (len(pixels), pixels.shape[1], resolution, resolution)
        _write_array(inputs / f"{name}.npy", shape, transformed(pixels, resolution, normalisation))
    np.save(inputs / "train_y.npy", raw.train_y[parts.train])
    np.save(labels / "validation_y.npy", raw.train_y[parts.validation])
    np.save(labels / "test_y.npy", raw.test_y)


def _write_array(path: Path, shape: tuple[int, ...], chunks: Iterable[NDArray[np.float32]]) -> None:
    """Write a `.npy` file of float32 chunk by chunk.

    Not through a memory map: where the disk is full, that ends the process by a signal.
    """
    header: dict[str, Any] = {"descr": "<f4", "fortran_order": False, "shape": shape}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for chunk in chunks:
            file.write(np.ascontiguousarray(chunk, "<f4").data)


def _is_whole(place: Path) -> bool:
    """Whether all files are there and none is shorter than its header says."""
    names = ("inputs/train_x", "inputs/train_y", "inputs/validation_x", "inputs/test_x")
    try:
        for name in (*names, "labels/validation_y", "labels/test_y"):
            np.load(place / f"{name}.npy", mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return False
    return True


def _note(raw: RawImages, recipe: Recipe, parts: Split) -> str | None:
    notes = [raw.note] if raw.note else []
    for name, wanted, got in (
        ("train_samples", recipe.train_samples, len(parts.train)),
        ("validation_samples", recipe.validation_samples, len(parts.validation)),
    ):
        if got < wanted:
            notes.append(f"{raw.name} gives only {got} of {wanted} {name}")
    return "; ".join(notes) or None
