"""Boxes and labels of a varying number of objects as arrays of one shape."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from catta.tasks.sources import Samples

BACKGROUND = "background"
"""Name of class 0 of detection and segmentation."""


def with_background(names: Sequence[str]) -> tuple[str, ...]:
    """Names of the classes, so that each stands where its label says."""
    return (BACKGROUND, *names)


def no_objects(images: int, most: int) -> Samples:
    """`boxes` (images, most, 4) and `labels` (images, most) that say: nothing is there."""
    return {
        "boxes": np.zeros((images, most, 4), np.float32),
        "labels": np.zeros((images, most), np.int64),
    }


def put_objects(
    samples: Samples, row: int, boxes: NDArray[np.float32], labels: NDArray[np.int64]
) -> None:
    """Write the objects of one image, boxes (K, 4) and labels (K,), into such arrays."""
    samples["boxes"][row, : len(boxes)] = boxes
    samples["labels"][row, : len(labels)] = labels
