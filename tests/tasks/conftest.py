"""Small datasets in the published formats, and a cache of its own for every test."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

WriteIdx = Callable[[Path, NDArray[np.uint8]], None]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "cache"
    monkeypatch.setenv("CATTA_CACHE", str(directory))
    return directory


def idx_bytes(array: NDArray[np.uint8]) -> bytes:
    header = bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.tobytes()


@pytest.fixture
def write_idx() -> WriteIdx:
    def write(path: Path, array: NDArray[np.uint8]) -> None:
        data = idx_bytes(array)
        path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)

    return write


@pytest.fixture
def fashion(tmp_path: Path, write_idx: WriteIdx) -> Path:
    """A directory like Debian's: 400 training and 50 test images of 28x28 in ten classes."""
    directory = tmp_path / "fashion"
    directory.mkdir()
    random = np.random.default_rng(0)
    for part, count in (("train", 400), ("t10k", 50)):
        images = random.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        write_idx(directory / f"{part}-images-idx3-ubyte.gz", images)
        labels = (np.arange(count) % 10).astype(np.uint8)
        write_idx(directory / f"{part}-labels-idx1-ubyte.gz", labels)
    return directory
