"""What predictions have to look like before they are scored, by task."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catta.evaluation.objectives.limits import LONGEST_CAPTION, MOST_BOXES
from catta.records import Problem
from catta.tasks.known_tasks import own_task
from catta.tasks.targets import PROBES

__all__ = [
    "PROBES",
    "MalformedError",
    "expect_arrays",
    "expect_causal",
    "prediction_bytes",
]

_TOLERANCE = 1e-2
"""Scores of the same inputs in batches of other sizes differ by rounding; by far less than this."""


class MalformedError(Exception):
    """What a worker sent is not what was asked for."""


def expect_arrays(
    arrays: Mapping[str, NDArray[Any]], problem: Problem | Mapping[str, Any], count: int = 0
) -> None:
    """Exactly the predictions of `count` samples that a problem asks for, finite, nothing else.

    Raises:
        MalformedError: They are something else.
    """
    wanted = _wanted(problem, count) if isinstance(problem, Problem) else {}
    if set(arrays) != set(wanted):
        raise MalformedError("other arrays came back than the predictions that were asked for")
    for name, (dtype, shape) in wanted.items():
        array = arrays[name]
        if array.dtype != dtype or array.shape != shape:
            got = f"{array.dtype} of shape {array.shape}"
            asked = f"{np.dtype(dtype)} of shape {shape}"
            raise MalformedError(f"the predictions are {got}, wanted {asked}")
        if not np.isfinite(array).all():
            raise MalformedError("the predictions are not finite")


def expect_causal(scores: NDArray[np.float32], probes: NDArray[np.int64]) -> None:
    """The predictions of a text do not depend on what comes later in it.

    Args:
        scores: (N + P, S, words); the last P are of the first P texts with other tokens from a
            position on.
        probes: (P,), these positions.

    Raises:
        MalformedError: They do, so that they are no predictions.
    """
    first = len(scores) - len(probes)
    for number, position in enumerate(probes.tolist()):
        original, probe = scores[number, :position], scores[first + number, :position]
        if np.abs(original - probe).max(initial=0.0) > _TOLERANCE * max(1.0, np.abs(probe).max()):
            raise MalformedError(
                "the network is not causal: its scores depend on tokens that come later, or on "
                "chance"
            )


def prediction_bytes(problem: Problem, count: int) -> int:
    """Size of the predictions of `count` samples."""
    wanted = _wanted(problem, count).values()
    return sum(math.prod(shape) * np.dtype(dtype).itemsize for dtype, shape in wanted)


def _wanted(problem: Problem, count: int) -> dict[str, tuple[Any, tuple[int, ...]]]:
    """Types and shapes of the predictions, by name."""
    own = own_task(problem.task)
    if own is not None:
        return {
            name: (np.dtype(array.dtype), (count, *array.shape))
            for name, array in own.predictions(problem).items()
        }
    match problem.task:
        case "img-classification":
            return {"scores": (np.float32, (count, problem.outputs))}
        case "img-segmentation":
            return {"y": (np.int64, (count, *problem.sample[1:]))}
        case "obj-detection":
            return {
                "boxes": (np.float32, (count, MOST_BOXES, 4)),
                "scores": (np.float32, (count, MOST_BOXES)),
                "labels": (np.int64, (count, MOST_BOXES)),
            }
        case "img-captioning":
            return {"captions": (np.int64, (count, LONGEST_CAPTION))}
        case _:
            return {"scores": (np.float32, (count, *problem.sample, problem.outputs))}
