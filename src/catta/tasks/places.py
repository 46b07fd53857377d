"""Places365: photographs of 365 kinds of places."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from catta.errors import FetchError, UsageError
from catta.fetch import Progress
from catta.tasks.download import download_directory
from catta.tasks.image_files import ImageFileSource, Labelled
from catta.tasks.image_lists import find_layout, number, read_rows

_CATEGORIES = "categories_places365.txt"
_TRAIN = ("places365_train_standard.txt", "data_{}_standard")
_TEST = ("places365_val.txt", "val_{}")
_SIZES = ("256", "large")


@dataclass(frozen=True, kw_only=True, slots=True)
class Places365:
    """Photographs in torchvision's layout, those of 256 pixels first; `val` is the test part.

    The published test part has no labels. Nothing is downloaded: the training images are 24 GB. How
    images become squares is in `catta.tasks.image_files`.
    """

    tasks: tuple[str, ...] = ("img-classification",)
    classes: int = 365
    channels: int = 3
    origin: str = "a directory in torchvision's layout of Places365"

    def present(self) -> bool:
        """Whether it lies where torchvision's downloads do."""
        return _find(download_directory()) is not None

    def open(
        self, task: str, directory: Path | None, progress: Progress | None = None
    ) -> ImageFileSource:
        """Read the lists of files; see `Dataset.open`."""
        found = _find(download_directory() if directory is None else directory)
        if found is not None:
            return _read(*found)
        wanted = ", ".join(_layout(_SIZES[0]))
        if directory is None:
            raise FetchError(
                "places365 is not downloaded by Catta, for it is 24 GB: get it from "
                f"places2.csail.mit.edu, or with torchvision, and give a directory with {wanted}"
            )
        raise UsageError(
            f"the data directory {directory} does not hold places365: it needs {wanted}"
        )


def _layout(size: str) -> tuple[str, ...]:
    return (_CATEGORIES, *(name.format(size) for part in (_TRAIN, _TEST) for name in part))


def _find(root: Path) -> tuple[Path, str] | None:
    """Where it is, and in which size."""
    for size in _SIZES:
        place = find_layout([root], _layout(size))
        if place is not None:
            return place, size
    return None


def _read(place: Path, size: str) -> ImageFileSource:
    path = place / _CATEGORIES
    numbers = {number(row[1], path): row[0].lstrip("/") for row in read_rows(path, 2)}
    if sorted(numbers) != list(range(len(numbers))) or not numbers:
        raise UsageError(f"{path} does not number the classes from 0 on")
    words = tuple(name.partition("/")[2] for _, name in sorted(numbers.items()))
    parts = [
        _labelled(place / lines, place / images.format(size), words)
        for lines, images in (_TRAIN, _TEST)
    ]
    return ImageFileSource(
        name="places365", words=words, train=parts[0], test=parts[1], published=True
    )


def _labelled(lines: Path, images: Path, words: tuple[str, ...]) -> Labelled:
    rows = list(read_rows(lines, 2))
    y = np.array([number(row[1], lines) for row in rows], np.int64)
    if len(y) and not (y.min() >= 0 and y.max() < len(words)):
        raise UsageError(f"{lines} has a label that is not 0 to {len(words) - 1}")
    for value, count in enumerate(np.bincount(y, minlength=len(words))):
        if not count:
            raise UsageError(f"the class {words[value]} has no images in {lines}")
    return Labelled(paths=[images / row[0].lstrip("/") for row in rows], y=y)


PLACES365 = Places365()
