"""Tasks: what networks are for. Data of image classification, split, resized and normalised once.

Importing this package loads no torch; `prepare` does, when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from catta.lazy import exports
from catta.tasks.datasets import (
    DatasetInfo,
    ImageDataset,
    RawImages,
    dataset_names,
    find_dataset,
    list_datasets,
)

if TYPE_CHECKING:
    from catta.tasks.preparation import PreparedData, prepare

__all__ = [
    "DatasetInfo",
    "ImageDataset",
    "PreparedData",
    "RawImages",
    "dataset_names",
    "find_dataset",
    "list_datasets",
    "prepare",
]

_HOME = "catta.tasks.preparation"

__getattr__, __dir__ = exports(__name__, {"PreparedData": _HOME, "prepare": _HOME})
