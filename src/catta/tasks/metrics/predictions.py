"""What predictions look like, by task, and what is wrong with some.

N samples, as they come back from the sandbox; targets are in `catta.tasks.sources`.

    img-classification  scores (N, classes) float32
    img-segmentation    y (N, H, W) int64, 0..classes-1
    obj-detection       boxes (N, M, 4) float32, x1 y1 x2 y2 in pixels; scores (N, M) float32;
                        labels (N, M) int64 from 1, 0 where an image has no further detection
    img-captioning      captions (N, L) int64 tokens of any length L; all after `END` is ignored
    txt-generation      scores (N, S, vocabulary) float32 logits of the token that follows each
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catta.records import Problem
from catta.tasks.known_tasks import own_task
from catta.tasks.metric import Arrays
from catta.tasks.task import Task

__all__ = ["Arrays", "defect"]

_ANY = -1
_CHECKED_AT_ONCE = 1 << 22

_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "img-classification": ("scores",),
        "img-segmentation": ("y",),
        "obj-detection": ("boxes", "scores", "labels"),
        "img-captioning": ("captions",),
        "txt-generation": ("scores",),
    }
)


def defect(problem: Problem, predictions: Arrays, targets: Arrays) -> str | None:
    """What makes predictions unfit to be scored, in one sentence, or None.

    Args:
        problem: The task, and how many outputs it has.
        predictions: What a network gave; nothing is trusted.
        targets: What it should have given.
    """
    own = own_task(problem.task)
    arrays = {} if own is None else own.predictions(problem)
    names = _NAMES[problem.task] if own is None else tuple(arrays)
    if set(predictions) != set(names):
        return f"the predictions are {sorted(predictions)}, wanted {sorted(names)}"
    shapes = (
        _shapes(problem, predictions, targets)
        if own is None
        else _own_shapes(own, problem, targets)
    )
    for name in names:
        array, (kind, shape) = predictions[name], shapes[name]
        fits = len(shape) == array.ndim and all(
            wanted in (_ANY, length) for wanted, length in zip(shape, array.shape, strict=True)
        )
        if array.dtype != kind or not fits:
            sizes = ", ".join("any" if length == _ANY else str(length) for length in shape)
            return (
                f"the predictions {name} are {array.dtype} of shape {array.shape}, wanted "
                f"{np.dtype(kind)} of shape ({sizes})"
            )
        if kind is np.float32 and not _is_finite(array):
            return "the predictions are not finite"
        below = problem.outputs if own is None else arrays[name].below
        if kind is np.int64 and array.size and below is not None:
            low, high = int(array.min()), int(array.max())
            if low < 0 or high >= below:
                return f"the predictions {name} are {low} to {high}, not 0 to {below - 1}"
    return None


def _shapes(
    problem: Problem, predictions: Arrays, targets: Arrays
) -> dict[str, tuple[type[Any], tuple[int, ...]]]:
    """Type and shape of each array."""
    first = next(iter(targets.values()))
    count = len(first)
    if problem.task == "img-classification":
        return {"scores": (np.float32, (count, problem.outputs))}
    if problem.task == "img-segmentation":
        return {"y": (np.int64, first.shape)}
    if problem.task == "img-captioning":
        return {"captions": (np.int64, (count, _ANY))}
    if problem.task == "txt-generation":
        return {"scores": (np.float32, (*first.shape, problem.outputs))}
    labels = predictions["labels"]
    detections = labels.shape[1] if labels.ndim == 2 else _ANY
    return {
        "boxes": (np.float32, (count, detections, 4)),
        "scores": (np.float32, (count, detections)),
        "labels": (np.int64, (count, _ANY)),
    }


def _own_shapes(
    task: Task, problem: Problem, targets: Arrays
) -> dict[str, tuple[type[Any], tuple[int, ...]]]:
    count = len(next(iter(targets.values())))
    return {
        name: (np.dtype(array.dtype).type, (count, *array.shape))
        for name, array in task.predictions(problem).items()
    }


def _is_finite(array: NDArray[Any]) -> bool:
    """Some at a time: the logits of a text are large."""
    step = max(1, _CHECKED_AT_ONCE // max(1, array[:1].size))
    return all(
        bool(np.isfinite(array[start : start + step]).all()) for start in range(0, len(array), step)
    )
