"""An opened dataset: what is in it is known, samples are read when they are asked for.

What the arrays of N samples are, by task; images are uint8 of shape (N, C, S, S).

    img-classification  x, images; y (N,) int64, 0..classes-1
    img-segmentation    x, images; y (N, S, S) uint8, 0 is background, 255 is not judged
    obj-detection       x, images; boxes (N, M, 4) float32, x1 y1 x2 y2 in pixels; labels (N, M)
                        int64 from 1, 0 where an image has no further object
    img-captioning      x, images; captions (N, R, L) int64 tokens of R references, 0 is padding
    txt-generation      x (N, S) int64 tokens; y (N, S) int64, the token that follows each

Captions begin with `START` and end with `END`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from catta.tasks.datasets import RawImages
from catta.tasks.images import Normalisation, measure, resize
from catta.tasks.targets import END, PADDING, START, UNJUDGED, UNKNOWN

__all__ = [
    "END",
    "PADDING",
    "START",
    "UNJUDGED",
    "UNKNOWN",
    "ImageSource",
    "Part",
    "Samples",
    "Source",
    "measured",
]

Part = Literal["train", "test"]
Samples = dict[str, NDArray[Any]]


class Source(Protocol):
    """A dataset of one task, opened."""

    @property
    def name(self) -> str:
        """The dataset that this is; another one than was asked for after a fallback."""
        ...

    @property
    def outputs(self) -> int:
        """As in `catta.records.Problem`."""
        ...

    @property
    def words(self) -> tuple[str, ...]:
        """Names of the classes, or the vocabulary; empty where nobody gave names."""
        ...

    @property
    def note(self) -> str | None:
        """One line for the user, if this is not quite what was asked for."""
        ...

    def count(self, part: Part) -> int:
        """Number of samples."""
        ...

    def strata(self) -> NDArray[np.int64]:
        """A number for each training sample: splits keep the shares of each (zeros: none)."""
        ...

    def digest(self) -> str:
        """Hash of the content, or of all that it is made from."""
        ...

    def read(self, part: Part, indices: NDArray[np.int64], size: int) -> Samples:
        """Some samples, `x` and targets as the table above says.

        Args:
            part: The training or the test part.
            indices: Which ones, in this order.
            size: Height and width of images, or number of tokens.

        Raises:
            FetchError: A file is damaged or gone.
        """
        ...

    def measure(self, indices: NDArray[np.int64], size: int) -> Normalisation:
        """Mean and deviation of the channels of these training images."""
        ...


def measured(source: Source, indices: NDArray[np.int64], size: int) -> Normalisation:
    """What `Source.measure` may return: the mean and deviation of at most 2,048 of the images."""
    return measure(source.read("train", indices[:2_048], size)["x"])


@dataclass(frozen=True, slots=True)
class ImageSource:
    """A whole dataset of labelled images in memory, as a `Source` of image classification."""

    raw: RawImages

    @property
    def name(self) -> str:
        """See `Source`."""
        return self.raw.name

    @property
    def outputs(self) -> int:
        """Number of classes."""
        return self.raw.classes

    @property
    def words(self) -> tuple[str, ...]:
        """See `Source`."""
        return self.raw.words

    @property
    def note(self) -> str | None:
        """See `Source`."""
        return self.raw.note

    def count(self, part: Part) -> int:
        """See `Source`."""
        return len(self._of(part)[1])

    def strata(self) -> NDArray[np.int64]:
        """The labels."""
        return self.raw.train_y

    def digest(self) -> str:
        """See `Source`."""
        digest = hashlib.sha256()
        for array in (*self._of("train"), *self._of("test")):
            digest.update(repr(array.shape).encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def read(self, part: Part, indices: NDArray[np.int64], size: int) -> Samples:
        """See `Source`."""
        x, y = self._of(part)
        return {"x": resize(x[indices], size), "y": y[indices]}

    def measure(self, indices: NDArray[np.int64], size: int) -> Normalisation:
        """See `Source`; of the images as published, without the border that `resize` may add."""
        return measure(self.raw.train_x[indices])

    def _of(self, part: Part) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        if part == "train":
            return self.raw.train_x, self.raw.train_y
        return self.raw.test_x, self.raw.test_y
