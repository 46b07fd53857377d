"""Tasks: what networks are for. Data of image classification, split, resized and normalised once.

Importing this package loads no torch; `prepare` does, when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

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


def __getattr__(name: str) -> object:
    if name in {"PreparedData", "prepare"}:
        return getattr(import_module("catta.tasks.preparation"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
