"""The idx format in which MNIST and its relatives are published, plain or gzipped.

Four bytes say the type (8: unsigned bytes) and the number of axes, then follows the length of each
axis as a big-endian 32-bit number, then the values.
"""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catta.errors import FetchError

_LARGEST = 1 << 30
_STEMS = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")

Arrays = tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.uint8], NDArray[np.int64]]
"""Training images (N, 1, H, W), training labels (N,), test images, test labels."""


def has_idx_files(directory: Path) -> bool:
    """Whether all four files are there."""
    return all(_find(directory, stem) is not None for stem in _STEMS)


def read_idx_files(directory: Path) -> Arrays:
    """Read the four files of an MNIST-like dataset.

    Raises:
        FetchError: A file is missing, truncated or damaged, or images and labels do not match.
    """
    paths: list[Path] = []
    for stem in _STEMS:
        path = _find(directory, stem)
        if path is None:
            raise FetchError(f"{directory} lacks {stem}-ubyte or {stem}-ubyte.gz")
        paths.append(path)
    train_x, train_y = _pair(paths[0], paths[1])
    test_x, test_y = _pair(paths[2], paths[3])
    return train_x, train_y, test_x, test_y


def _find(directory: Path, stem: str) -> Path | None:
    for name in (f"{stem}-ubyte.gz", f"{stem}-ubyte"):
        if (directory / name).is_file():
            return directory / name
    return None


def _pair(images: Path, labels: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    x = _read(images, axes=3)
    y = _read(labels, axes=1)
    if not len(x) or len(x) != len(y):
        raise FetchError(f"{images} has {len(x)} images, {labels} has {len(y)} labels")
    return x[:, None], y.astype(np.int64)


def _read(path: Path, *, axes: int) -> NDArray[np.uint8]:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            header = file.read(4 + 4 * axes)
            if len(header) < 4 + 4 * axes or header[:4] != bytes((0, 0, 8, axes)):
                raise FetchError(f"{path} is not an idx file of bytes with {axes} axes")
            shape = [int(n) for n in np.frombuffer(header, ">u4", offset=4)]
            size = math.prod(shape)
            if size > _LARGEST:
                raise FetchError(f"{path} claims to hold {size} bytes")
            values = file.read(size)
            # Reading past the end makes gzip compare its checksum; there must be nothing there.
            if len(values) < size or file.read(1):
                raise FetchError(f"{path} is truncated or has too many values")
    except (OSError, EOFError, zlib.error) as error:
        raise FetchError(f"{path} cannot be read: {error}") from error
    return np.frombuffer(values, np.uint8).reshape(shape)
