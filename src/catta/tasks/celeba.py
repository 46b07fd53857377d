"""CelebA's faces, with the attribute `Male` as the label, as LEMUR has it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from catta.errors import FetchError, UsageError
from catta.fetch import Progress
from catta.tasks.download import download_directory
from catta.tasks.image_files import ImageFileSource, Labelled
from catta.tasks.image_lists import find_layout, number, read_rows

_FOLDER = "celeba"
_IMAGES = "img_align_celeba"
_ATTRIBUTES = "list_attr_celeba.txt"
_PARTITION = "list_eval_partition.txt"
_LAYOUT = (_IMAGES, _ATTRIBUTES, _PARTITION)
_LABEL = "Male"
_PARTS = (0, 2)
"""Numbers of the training and test part in the file of partitions; 1 is a validation part."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CelebAGender:
    """Faces in torchvision's layout; the published validation part is left alone.

    Nothing is downloaded: the publisher's server gives the images to browsers only. How images
    become squares is in `catta.tasks.image_files`.
    """

    tasks: tuple[str, ...] = ("img-classification",)
    classes: int = 2
    channels: int = 3
    origin: str = "a directory in torchvision's layout of CelebA"

    def present(self) -> bool:
        """Whether it lies where torchvision's downloads do."""
        return _find(download_directory()) is not None

    def open(
        self, task: str, directory: Path | None, progress: Progress | None = None
    ) -> ImageFileSource:
        """Read the lists of files; see `Dataset.open`."""
        root = download_directory() if directory is None else directory
        place = _find(root)
        if place is not None:
            return _read(place)
        wanted = f"{_IMAGES}, {_ATTRIBUTES} and {_PARTITION}"
        if directory is None:
            raise FetchError(
                "celeba-gender is not downloaded by Catta: get it from the page of CelebA "
                f"(mmlab.ie.cuhk.edu.hk) and give a directory with {wanted}"
            )
        raise UsageError(
            f"the data directory {directory} does not hold celeba-gender: it needs {wanted}"
        )


def _find(root: Path) -> Path | None:
    return find_layout([root, root / _FOLDER], _LAYOUT)


def _read(place: Path) -> ImageFileSource:
    labels = _labels(place / _ATTRIBUTES)
    partition = place / _PARTITION
    parts: dict[int, list[str]] = {part: [] for part in range(3)}
    for name, part in (row[:2] for row in read_rows(partition, 2)):
        if name not in labels:
            raise UsageError(f"{place / _ATTRIBUTES} says nothing of {name}")
        parts.setdefault(number(part, partition), []).append(name)
    labelled: list[Labelled] = []
    for part in _PARTS:
        y = np.array([labels[name] for name in parts[part]], np.int64)
        for value, word in enumerate(("female", "male")):
            if value not in y:
                raise UsageError(f"the class {word} has no images in part {part} of {partition}")
        labelled.append(Labelled(paths=[place / _IMAGES / name for name in parts[part]], y=y))
    return ImageFileSource(
        name="celeba-gender",
        words=("female", "male"),
        train=labelled[0],
        test=labelled[1],
        published=True,
    )


def _labels(path: Path) -> dict[str, bool]:
    """Whether the attribute is 1, by file; the second line names the attributes."""
    header = next(read_rows(path, 1, skip=1), [])
    if _LABEL not in header:
        raise UsageError(f"the second line of {path} does not name the attribute {_LABEL}")
    column = header.index(_LABEL) + 1
    return {row[0]: row[column] == "1" for row in read_rows(path, len(header) + 1, skip=2)}


CELEBA_GENDER = CelebAGender()
