"""What has to hold of predictions before they are scored."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catta.records import Problem
from catta.tasks.known_tasks import find_task
from catta.tasks.metrics.predictions import misfit
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


def expect_arrays(arrays: Mapping[str, NDArray[Any]], problem: Problem, count: int) -> None:
    """Exactly the predictions of `count` samples that a problem asks for, and nothing else.

    Raises:
        MalformedError: They are something else.
    """
    if set(arrays) != set(find_task(problem.task).predictions(problem)):  # named by anybody
        raise MalformedError("other arrays came back than the predictions that were asked for")
    reason = misfit(problem, arrays, count)
    if reason is not None:
        raise MalformedError(reason)


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
    arrays = find_task(problem.task).predictions(problem).values()
    return count * sum(math.prod(one.shape) * np.dtype(one.dtype).itemsize for one in arrays)
