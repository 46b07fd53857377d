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
    register_dataset,
)

if TYPE_CHECKING:
    from catta.tasks.metrics import Metric, register_metric, score
    from catta.tasks.plugins import Plugin, load_plugin
    from catta.tasks.preparation import PreparedData, prepare
    from catta.tasks.sources import Source

__all__ = [
    "Dataset",
    "DatasetInfo",
    "ImageDataset",
    "Metric",
    "Plugin",
    "PreparedData",
    "RawImages",
    "Source",
    "dataset_names",
    "find_dataset",
    "list_datasets",
    "load_plugin",
    "prepare",
    "register_dataset",
    "register_metric",
    "score",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "Metric": "catta.tasks.metrics",
        "Plugin": "catta.tasks.plugins",
        "PreparedData": "catta.tasks.preparation",
        "Source": "catta.tasks.sources",
        "load_plugin": "catta.tasks.plugins",
        "prepare": "catta.tasks.preparation",
        "register_metric": "catta.tasks.metrics",
        "score": "catta.tasks.metrics",
    },
)
