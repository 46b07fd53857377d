"""What a metric is, and the names of Catta's own, by task."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from numpy.typing import NDArray

from catta.records import Problem

Arrays = Mapping[str, NDArray[Any]]
"""Predictions or targets by name."""

Compute = Callable[[Problem, Arrays, Arrays, Sequence[str]], float]
"""The value for a problem, predictions, targets and words (see `catta.tasks.metrics.score`)."""


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


BUILT_IN: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "img-classification": ("classification", ("acc", "top5", "f1")),
        "img-segmentation": ("segmentation", ("iou", "pixel_acc")),
        "obj-detection": ("detection", ("map50", "map")),
        "img-captioning": ("captioning", ("bleu", "rouge", "cider", "meteor")),
        "txt-generation": ("language", ("acc", "perplexity", "ppl")),
    }
)
"""By task: the module that computes its metrics by `compute_all`, and their names."""

NAMES = frozenset(name for _, names in BUILT_IN.values() for name in names)
"""Names of Catta's metrics."""
