"""The handwritten digits that scikit-learn ships: small, and always there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from catta.errors import UsageError
from catta.fetch import Progress
from catta.tasks.datasets import RawImages
from catta.tasks.splits import stratified_subset

_TEST_SHARE = 0.2
_TEST_SEED = 0
_WHITE = 16.0
"""Pixels of this dataset are 0..16."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Digits:
    """1,797 images of 8x8 pixels in ten classes; a fifth of them, always the same, is for tests."""

    classes: int = 10
    channels: int = 1
    origin: str = "inside scikit-learn"

    def present(self) -> bool:
        """Always."""
        return True

    def load(self, directory: Path | None, progress: Progress | None = None) -> RawImages:
        """Read the digits; there is no directory to read them from.

        Raises:
            UsageError: A directory was given.
        """
        if directory is not None:
            raise UsageError("the dataset digits comes with scikit-learn and takes no directory")
        pixels, labels = cast(
            "tuple[NDArray[np.float64], NDArray[np.int64]]", load_digits(return_X_y=True)
        )
        x = np.rint(pixels.reshape(-1, 1, 8, 8) * (255 / _WHITE)).astype(np.uint8)
        y = labels.astype(np.int64)
        test = stratified_subset(y, round(len(y) * _TEST_SHARE), _TEST_SEED)
        train = np.setdiff1d(np.arange(len(y)), test)
        return RawImages(
            name="digits",
            classes=self.classes,
            train_x=x[train],
            train_y=y[train],
            test_x=x[test],
            test_y=y[test],
        )


DIGITS = Digits()
