"""Refuse what a damaged file or a faulty package could give."""

from __future__ import annotations

import numpy as np

from catta.errors import FetchError
from catta.tasks.datasets import RawImages


def validate(raw: RawImages) -> None:
    """Check shapes, types and labels of a dataset of labelled images.

    Raises:
        FetchError: They are not what `RawImages` says.
    """
    for part, x, y in (("training", raw.train_x, raw.train_y), ("test", raw.test_x, raw.test_y)):
        if x.ndim != 4 or x.dtype != np.uint8 or y.shape != x.shape[:1] or y.dtype != np.int64:
            raise FetchError(f"{raw.name} has {part} images or labels of a wrong shape or type")
        if not len(y) or y.min() < 0 or y.max() >= raw.classes:
            raise FetchError(f"the {part} labels of {raw.name} are not 0 to {raw.classes - 1}")
    if raw.train_x.shape[1:] != raw.test_x.shape[1:]:
        raise FetchError(f"training and test images of {raw.name} differ in shape")
