"""Two groups of networks on the same problems at the same epoch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from catta.corpus import Corpus
from catta.errors import UsageError
from catta.stats.drawing import at_common_epoch
from catta.stats.filters import chosen
from catta.stats.grouped import equal, having, per_problem

if TYPE_CHECKING:
    import pandas as pd

BY = ("family", "nn", "transform", "source")


@dataclass(frozen=True, kw_only=True, slots=True)
class Sides:
    """Measurements of two groups, of one problem at one epoch.

    Attributes:
        problem: Task, dataset, metric.
        epoch: That of most measurements that the two have.
        a: The rows of one, at least one.
        b: The rows of the other, at least one.
    """

    problem: tuple[str, str, str]
    epoch: int
    a: pd.DataFrame
    b: pd.DataFrame


def sides(
    a: str,
    b: str,
    by: str,
    corpus: str | Path | Corpus | None,
    trials: pd.DataFrame | None,
    filters: Mapping[str, Any],
) -> Iterator[Sides]:
    """The problems that both have measurements of.

    Raises:
        UsageError: There is no such column, or nothing of one of the names.
    """
    if by not in BY:
        raise UsageError(f"by: {by!r} is not one of {', '.join(BY)}")
    if a == b:
        raise UsageError(f"{by}: name two different ones, not {a!r} twice")
    rows = chosen(corpus, trials, filters)
    rows = having(rows, "accuracy")
    for name in (a, b):
        if not len(equal(rows, by, name)):
            raise UsageError(f"there is no measurement of the {by} {name!r}")
    both: Any = rows[np.isin(rows[by].to_numpy(), [a, b])]
    return _sides(both, by, a, b)


def _sides(rows: pd.DataFrame, by: str, a: str, b: str) -> Iterator[Sides]:
    for problem, part in per_problem(rows):
        both: Any = part.groupby("epoch")[by].nunique()
        shared = part[part["epoch"].isin(both.index[both == 2]).to_numpy()]
        if len(shared):
            epoch, at_epoch = at_common_epoch(shared)
            one, other = (equal(at_epoch, by, name) for name in (a, b))
            yield Sides(problem=problem, epoch=epoch, a=one, b=other)
