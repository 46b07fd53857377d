"""Arrays in memory as a dataset of any task."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catta.errors import UsageError
from catta.tasks.images import Normalisation, measure, resize
from catta.tasks.sources import Part, Samples


@dataclass(frozen=True, kw_only=True, slots=True)
class ArraySource:
    """A `catta.tasks.Source` of arrays; images are resized, targets stay as they are.

    Attributes:
        name: Of the dataset.
        outputs: The one number in the `out_shape` of networks.
        train: `x` and the targets; their first axis counts the samples. Images are (N, C, H, W) of
            uint8, anything else is taken as it is.
        test: The same arrays of the test part.
        words: Names of the outputs, where they have some.
        note: One line for the user, if this is not quite what was asked for.
    """

    name: str
    outputs: int
    train: Mapping[str, NDArray[Any]]
    test: Mapping[str, NDArray[Any]] = field(repr=False)
    words: tuple[str, ...] = ()
    note: str | None = None

    def __post_init__(self) -> None:
        for arrays in (self.train, self.test):
            if "x" not in arrays or len({len(array) for array in arrays.values()}) != 1:
                raise UsageError(f"{self.name} needs x and targets of as many samples each")

    def count(self, part: Part) -> int:
        """See `Source`."""
        return len(self._of(part)["x"])

    def strata(self) -> NDArray[np.int64]:
        """None are known."""
        return np.zeros(self.count("train"), np.int64)

    def digest(self) -> str:
        """See `Source`."""
        digest = hashlib.sha256()
        for arrays in (self.train, self.test):
            for name, array in sorted(arrays.items()):
                digest.update(repr((name, array.dtype.name, array.shape)).encode())
                digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def read(self, part: Part, indices: NDArray[np.int64], size: int) -> Samples:
        """See `Source`."""
        samples = {name: array[indices] for name, array in self._of(part).items()}
        if self._has_images:
            samples["x"] = resize(samples["x"], size)
        return samples

    def measure(self, indices: NDArray[np.int64], size: int) -> Normalisation:
        """See `Source`; of the images as they are."""
        return measure(self.train["x"][indices])

    @property
    def _has_images(self) -> bool:
        x = self.train["x"]
        return x.dtype == np.uint8 and x.ndim == 4

    def _of(self, part: Part) -> Mapping[str, NDArray[Any]]:
        return self.train if part == "train" else self.test
