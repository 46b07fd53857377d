"""Tasks: what networks are for, and data for each: split, resized and normalised once.

Importing this package loads no torch; `prepare` does, when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from catta.lazy import exports
from catta.tasks.datasets import (
    Dataset,
    DatasetInfo,
    ImageDataset,
    RawImages,
    dataset_names,
    find_dataset,
    list_datasets,
)

if TYPE_CHECKING:
    from catta.tasks.preparation import PreparedData, prepare
    from catta.tasks.sources import Source

__all__ = [
    "Dataset",
    "DatasetInfo",
    "ImageDataset",
    "PreparedData",
    "RawImages",
    "Source",
    "dataset_names",
    "find_dataset",
    "list_datasets",
    "prepare",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "PreparedData": "catta.tasks.preparation",
        "Source": "catta.tasks.sources",
        "prepare": "catta.tasks.preparation",
    },
)
