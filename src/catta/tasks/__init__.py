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
    from catta.tasks.array_source import ArraySource
    from catta.tasks.known_tasks import register_task, task_names
    from catta.tasks.metrics import Metric, register_metric, score
    from catta.tasks.own_transforms import register_transform
    from catta.tasks.plugins import Plugin, load_plugin
    from catta.tasks.preparation import PreparedData, prepare
    from catta.tasks.sources import Source
    from catta.tasks.task import Array, Task

__all__ = [
    "Array",
    "ArraySource",
    "Dataset",
    "DatasetInfo",
    "ImageDataset",
    "Metric",
    "Plugin",
    "PreparedData",
    "RawImages",
    "Source",
    "Task",
    "dataset_names",
    "find_dataset",
    "list_datasets",
    "load_plugin",
    "prepare",
    "register_dataset",
    "register_metric",
    "register_task",
    "register_transform",
    "score",
    "task_names",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "Array": "catta.tasks.task",
        "ArraySource": "catta.tasks.array_source",
        "Metric": "catta.tasks.metrics",
        "Plugin": "catta.tasks.plugins",
        "PreparedData": "catta.tasks.preparation",
        "Source": "catta.tasks.sources",
        "Task": "catta.tasks.task",
        "load_plugin": "catta.tasks.plugins",
        "prepare": "catta.tasks.preparation",
        "register_metric": "catta.tasks.metrics",
        "register_task": "catta.tasks.known_tasks",
        "register_transform": "catta.tasks.own_transforms",
        "score": "catta.tasks.metrics",
        "task_names": "catta.tasks.known_tasks",
    },
)
