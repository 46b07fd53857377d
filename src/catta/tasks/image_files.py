"""Labelled image files as a `Source`: only the images that are asked for are decoded.

An image is resized, bilinearly and with antialiasing, so that its shorter side is what is wanted,
and then cut at its centre to a square; it becomes RGB. JPEG files are decoded at an eighth, a
quarter or half of their size where that is still large enough.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from catta.errors import FetchError
from catta.processes import usable_cpus
from catta.tasks.images import Normalisation
from catta.tasks.sources import Part, Samples, measured

SUFFIXES = frozenset((".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Labelled:
    """One part of a dataset: files, and their classes, (N,) of int64."""

    paths: Sequence[Path]
    y: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ImageFileSource:
    """Labelled image files.

    Attributes:
        name: Name of the dataset.
        words: Names of the classes.
        train: The training part.
        test: The test part.
        note: As in `Source`.
        published: Whether these are files that somebody published and that nobody changes.
    """

    name: str
    words: tuple[str, ...]
    train: Labelled
    test: Labelled
    note: str | None = None
    published: bool = False

    @property
    def outputs(self) -> int:
        """Number of classes."""
        return len(self.words)

    def count(self, part: Part) -> int:
        """See `Source`."""
        return len(self._of(part).y)

    def strata(self) -> NDArray[np.int64]:
        """The labels."""
        return self.train.y

    def digest(self) -> str:
        """Hash of names and labels; unless published, of sizes and times of modification too.

        To read all images would take long.

        Raises:
            FetchError: A file is gone.
        """
        digest = hashlib.sha256("\0".join(self.words).encode())
        for part in (self.train, self.test):
            digest.update(len(part.y).to_bytes(8))
            digest.update(part.y.tobytes())
            for path in part.paths:
                digest.update(f"{path}\0{'' if self.published else _version(path)}\0".encode())
        return digest.hexdigest()

    def read(self, part: Part, indices: NDArray[np.int64], size: int) -> Samples:
        """See `Source`."""
        labelled = self._of(part)
        x = np.empty((len(indices), 3, size, size), np.uint8)

        def fill(position: int) -> None:
            x[position] = read_image(labelled.paths[int(indices[position])], size)

        with ThreadPoolExecutor(max_workers=usable_cpus()) as threads:  # decoding frees the GIL
            for _ in threads.map(fill, range(len(indices))):
                pass
        return {"x": x, "y": labelled.y[indices]}

    def measure(self, indices: NDArray[np.int64], size: int) -> Normalisation:
        """See `Source`."""
        return measured(self, indices, size)

    def _of(self, part: Part) -> Labelled:
        return self.train if part == "train" else self.test


def read_image(path: Path, size: int) -> NDArray[np.uint8]:
    """The middle of an image as (3, size, size).

    Raises:
        FetchError: The file is missing or is no image that can be decoded.
    """
    try:
        with Image.open(path) as image:
            image.draft("RGB", (size, size))
            # Pillow warns of palettes with transparency unless they become RGBA first.
            solid = image.convert("RGBA") if "transparency" in image.info else image
            square = ImageOps.fit(solid.convert("RGB"), (size, size), Image.Resampling.BILINEAR)
    except FileNotFoundError as error:
        raise FetchError(f"the image {path} is missing") from error
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise FetchError(f"the image {path} cannot be read: {error}") from error
    return np.ascontiguousarray(np.asarray(square).transpose(2, 0, 1))


def _version(path: Path) -> str:
    try:
        facts = path.stat()
    except OSError as error:
        raise FetchError(f"the image {path} is missing") from error
    return f"{facts.st_size} {facts.st_mtime_ns}"
