"""What a task is, Catta's or another: what a network is to give, gives, and what that is worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from catta.records import Problem
from catta.tasks.metric import Metric


@dataclass(frozen=True, kw_only=True, slots=True)
class Array:
    """What the predictions of one sample are.

    Attributes:
        shape: Without the axis of the samples; () for one number.
        dtype: Floats are finite.
        below: Of integers, what all are less than; none is negative then. None for any.
        varies: Whether metrics take any length of the first axis, the same in all arrays of a task
            that vary; what comes out of the sandbox has the length that `shape` says.
    """

    shape: tuple[int, ...] = ()
    dtype: Literal["float32", "int64"] = "float32"
    below: int | None = None
    varies: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """A task.

    Attributes:
        targets: Names of the arrays that a sample has besides `x`.
        predictions: The arrays that come out of the sandbox for a problem, by name. What has
            another name, type or shape is refused before a metric sees it.
        metrics: By name; the first is the score where none is named.
        objective: A class of one argument, the problem, with the methods of
            `catta.evaluation.objectives.Objective`: how a batch looks, its loss, the prediction.
            The sandbox executes the file that defines it. None of Catta's tasks, whose objectives
            it has.
        dataset: The dataset that is taken where none is named.
        images: Whether `x` is uint8 images, which are resized, normalised and may be transformed;
            otherwise arrays that are taken as they are.
        recipe: Fields of `catta.records.Recipe` that suit the task, where nothing else is said.
    """

    targets: tuple[str, ...]
    predictions: Callable[[Problem], Mapping[str, Array]]
    metrics: Mapping[str, Metric]
    objective: Callable[[Problem], Any] | None
    dataset: str
    images: bool = True
    recipe: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
