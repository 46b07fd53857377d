"""Published pictures in files, decoded where they are read: a `Source` for any task of images."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from catta.errors import FetchError
from catta.tasks.decoding import decoded_picture
from catta.tasks.images import Normalisation
from catta.tasks.objects import no_objects, put_objects
from catta.tasks.resizing import resized_images, resized_masks, scaled_boxes
from catta.tasks.sources import Part, Samples, measured


class PictureTargets(Protocol):
    """What is to be found out of the pictures of one part."""

    def read(self, number: int, shape: tuple[int, int], size: int) -> Samples:
        """The targets of one picture, as arrays without the axis of samples.

        Args:
            number: Which one.
            shape: Its height and width in the file.
            size: Height and width that it is resized to.

        Raises:
            FetchError: They do not suit the picture.
        """
        ...


@dataclass(frozen=True, slots=True)
class PicturePart:
    """The training or the test part: files, and what belongs to each."""

    files: tuple[Path, ...]
    targets: PictureTargets


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureSource:
    """Pictures, as a `catta.tasks.sources.Source`.

    They are resized to squares without regard to their proportions, so that nothing is lost.

    Attributes:
        name: See `Source`.
        words: Names of the classes, the background first, or the vocabulary.
        parts: The two parts.
        groups: Numbers for the stratified splits, one a training picture.
        content: See `Source.digest`.
        note: See `Source`.
    """

    name: str
    words: tuple[str, ...]
    parts: Mapping[Part, PicturePart]
    groups: NDArray[np.int64]
    content: str
    note: str | None = None

    @property
    def outputs(self) -> int:
        """Classes with the background, or words."""
        return len(self.words)

    def count(self, part: Part) -> int:
        """See `Source`."""
        return len(self.parts[part].files)

    def strata(self) -> NDArray[np.int64]:
        """See `Source`."""
        return self.groups

    def digest(self) -> str:
        """See `Source`."""
        return self.content

    def read(self, part: Part, indices: NDArray[np.int64], size: int) -> Samples:
        """See `Source`."""
        if not len(indices):
            first = self.read(part, np.zeros(1, np.int64), size)
            return {name: array[:0] for name, array in first.items()}
        files, targets = self.parts[part].files, self.parts[part].targets
        images = np.empty((len(indices), 3, size, size), np.uint8)
        found: list[Samples] = []
        for row, index in enumerate(map(int, indices)):
            pixels, shape = decoded_picture(files[index], size)
            images[row] = resized_images(pixels[None], size)[0]
            found.append(targets.read(index, shape, size))
        return {"x": images} | {name: np.stack([one[name] for one in found]) for name in found[0]}

    def measure(self, indices: NDArray[np.int64], size: int) -> Normalisation:
        """See `Source`."""
        return measured(self, indices, size)


@dataclass(frozen=True, slots=True)
class BoxTargets:
    """Boxes (K, 4) in pixels of the file and labels (K,), for each picture; K is at most `most`.

    What of a box lies outside the picture is cut off.
    """

    boxes: Sequence[NDArray[np.float32]]
    labels: Sequence[NDArray[np.int64]]
    most: int

    def read(self, number: int, shape: tuple[int, int], size: int) -> Samples:
        """See `PictureTargets`."""
        samples = no_objects(1, self.most)
        boxes = np.clip(scaled_boxes(self.boxes[number], shape, size), 0, size)
        inside = (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
        put_objects(samples, 0, boxes[inside], self.labels[number][inside])
        return {name: array[0] for name, array in samples.items()}


@dataclass(frozen=True, slots=True)
class MaskTargets:
    """Masks that are drawn or decoded: `mask` gives that of a picture of such a shape."""

    mask: Callable[[int, tuple[int, int]], NDArray[np.uint8]]

    def read(self, number: int, shape: tuple[int, int], size: int) -> Samples:
        """See `PictureTargets`."""
        return {"y": resized_masks(self.mask(number, shape)[None], size)[0]}


@dataclass(frozen=True, slots=True)
class CaptionTargets:
    """Captions (N, R, L) of all pictures."""

    captions: NDArray[np.int64]

    def read(self, number: int, shape: tuple[int, int], size: int) -> Samples:
        """See `PictureTargets`."""
        return {"captions": self.captions[number]}


def sizes_of(directory: Path) -> dict[str, int]:
    """Names and sizes in bytes of the files in a directory.

    Raises:
        FetchError: It cannot be read.
    """
    try:
        with os.scandir(directory) as entries:
            return {entry.name: entry.stat().st_size for entry in entries}
    except OSError as error:
        raise FetchError(f"the directory {directory} cannot be read: {error}") from error


def all_there(
    names: Sequence[str], sizes: Mapping[str, int], directory: Path, listed: Path
) -> None:
    """Require that pictures exist, and that none is listed twice.

    Args:
        names: Names of the files.
        sizes: What the directory holds.
        directory: Where they have to be.
        listed: The file that names them.

    Raises:
        FetchError: None is named, one is named twice, or some are not there.
    """
    if not names:
        raise FetchError(f"{listed} names no picture")
    (name, times), *_ = Counter(names).most_common(1)
    if times > 1:  # it could be both in the training and in the validation split
        raise FetchError(f"{listed} names {name} {times} times")
    missing = [name for name in names if name not in sizes]
    if missing:
        raise FetchError(
            f"{listed} names {len(missing)} pictures that are not in {directory}, "
            f"the first is {missing[0]}"
        )


def require_examples(names: Sequence[str], labels: Iterable[NDArray[np.int64]], path: Path) -> None:
    """Require that each class, whose labels count from 1, has a training example.

    Raises:
        FetchError: One has none.
    """
    seen = {int(label) for of_one in labels for label in of_one}
    for label, name in enumerate(names, 1):
        if label not in seen:
            raise FetchError(f"{path} has no example of the class {name!r}")


def digest_of(annotations: Iterable[bytes], sizes: Iterable[tuple[str, int]]) -> str:
    """Hash of annotations, and of names and sizes of pictures; to read them all takes too long."""
    digest = hashlib.sha256()
    for content in annotations:
        digest.update(hashlib.sha256(content).digest())
    for name, size in sizes:
        digest.update(f"{name}:{size}\n".encode())
    return digest.hexdigest()
