"""What a metric is, and how Catta's own are computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from numpy.typing import NDArray

from catta.records import Problem

Arrays = Mapping[str, NDArray[Any]]
"""Predictions or targets by name."""

Compute = Callable[[Problem, Arrays, Arrays, Sequence[str]], float]
"""The value for a problem, predictions, targets and words (see `catta.tasks.metrics.score`)."""

ComputeAll = Callable[[Problem, Arrays, Arrays, Sequence[str]], dict[str, float]]
"""The values of all metrics of a module by name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """A metric.

    Attributes:
        compute: Its value, a finite number. Samples are not in any order.
        tasks: Names of the tasks it is for; of a metric that comes with its task, none are needed.
        higher_is_better: Whether a better network has a higher value.
    """

    compute: Compute
    tasks: tuple[str, ...] = ()
    higher_is_better: bool = True


@dataclass(frozen=True, slots=True)
class Shared:
    """Computes one of the metrics of a task of Catta, which share most of the work.

    Attributes:
        module: In `catta.tasks.metrics`, with `compute_all`; it is loaded when it is first needed.
        name: The metric.
    """

    module: str
    name: str

    def all(
        self, problem: Problem, predictions: Arrays, targets: Arrays, words: Sequence[str]
    ) -> dict[str, float]:
        """The values of all of them by name."""
        module = import_module(f"catta.tasks.metrics.{self.module}")
        return cast("ComputeAll", module.compute_all)(problem, predictions, targets, words)

    def __call__(
        self, problem: Problem, predictions: Arrays, targets: Arrays, words: Sequence[str]
    ) -> float:
        """The value of this one."""
        return self.all(problem, predictions, targets, words)[self.name]
