"""What is wrong with some predictions, by what their task says of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from catta.records import Problem
from catta.tasks.known_tasks import find_task
from catta.tasks.metric import Arrays

__all__ = ["Arrays", "defect", "misfit"]

_CHECKED_AT_ONCE = 1 << 22


def defect(problem: Problem, predictions: Arrays, targets: Arrays) -> str | None:
    """What makes predictions unfit to be scored, in one sentence, or None.

    Args:
        problem: The task, the shape of an input, and how many outputs there are.
        predictions: What a network gave; nothing is trusted.
        targets: What it should have given.
    """
    return misfit(problem, predictions, len(next(iter(targets.values()))), any_length=True)


def misfit(
    problem: Problem, predictions: Arrays, count: int, *, any_length: bool = False
) -> str | None:
    """What makes them other arrays than those of `count` samples, in one sentence, or None.

    Args:
        problem: As for `defect`.
        predictions: Nothing is trusted.
        count: Number of samples.
        any_length: Let the first axis of arrays that vary have any length.
    """
    wanted = find_task(problem.task).predictions(problem)
    if set(predictions) != set(wanted):
        return f"the predictions are {sorted(predictions)}, wanted {sorted(wanted)}"
    length: int | None = None
    for name, one in wanted.items():
        array, varies = predictions[name], any_length and one.varies
        sizes = (count, length, *one.shape[1:]) if varies else (count, *one.shape)
        if array.dtype != one.dtype or not _fits(array.shape, sizes):
            text = ", ".join("any" if size is None else str(size) for size in sizes)
            return (
                f"the predictions {name} are {array.dtype} of shape {array.shape}, wanted "
                f"{one.dtype} of shape ({text})"
            )
        if varies:
            length = array.shape[1]
        if array.dtype.kind == "f" and not _is_finite(array):
            return "the predictions are not finite"
        if one.below is not None and array.size:
            low, high = int(array.min()), int(array.max())
            if low < 0 or high >= one.below:
                return f"the predictions {name} are {low} to {high}, not 0 to {one.below - 1}"
    return None


def _fits(shape: tuple[int, ...], sizes: tuple[int | None, ...]) -> bool:
    return len(shape) == len(sizes) and all(
        size in (None, length) for size, length in zip(sizes, shape, strict=True)
    )


def _is_finite(array: NDArray[Any]) -> bool:
    """Some at a time: the logits of a text are large."""
    step = max(1, _CHECKED_AT_ONCE // max(1, array[:1].size))
    return all(
        bool(np.isfinite(array[start : start + step]).all()) for start in range(0, len(array), step)
    )
