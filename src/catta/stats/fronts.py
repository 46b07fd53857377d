"""Which networks nobody beats in everything: Pareto fronts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from numpy.typing import NDArray

from catta.corpus import Corpus
from catta.errors import UsageError
from catta.stats.directions import ascends
from catta.stats.filters import Filters, chosen
from catta.stats.grouped import PROBLEM, having, per_problem, plain

if TYPE_CHECKING:
    import pandas as pd

OBJECTIVES = ("accuracy", "seconds", "parameters", "flops", "latency", "epoch")
"""What networks can be compared in; of all but the accuracy less is better."""

COLUMNS = (
    *PROBLEM,
    *("nn", "nn_id", "family", "source", "accuracy", "seconds", "epoch", "parameters", "flops"),
    *("latency", "transform", "prm", "prm_id", "id", "front"),
)


def pareto(
    corpus: str | Path | Corpus | None = None,
    *,
    objectives: Sequence[str] = ("accuracy", "seconds"),
    every: bool = False,
    trials: pd.DataFrame | None = None,
    **filters: Unpack[Filters],
) -> pd.DataFrame:
    """The measurements of each problem that no other one beats: as good in all, better in one.

    Of measurements that are equal in all objectives the first stands for the others; those that
    lack one of them are left out. The best accuracy comes first. Columns are those of `load`, and
    `front`, whether it is on the front (which all are unless `every`).

    Args:
        corpus: An open corpus, its path or URL; default: `CATTA_CORPUS` or the user's.
        objectives: Two or more of `accuracy`, `seconds`, `parameters`, `flops`, `latency`, `epoch`.
        every: Whether to return the dominated ones, too.
        trials: What `load` returned, in place of a corpus.
        filters: See `Filters`.

    Raises:
        UsageError: An objective is none, or there is no such corpus or filter.
    """
    names = list(dict.fromkeys(objectives))
    for name in names:
        if name not in OBJECTIVES:
            raise UsageError(f"objectives: {name!r} is not one of {', '.join(OBJECTIVES)}")
    if len(names) < 2:
        raise UsageError("objectives: name at least two")
    rows = chosen(corpus, trials, filters)
    rows = having(rows, *names)
    found: list[Any] = []
    for (_, _, metric), part in per_problem(rows):
        sign = -1.0 if ascends(metric) else 1.0
        costs = part[names].to_numpy(dtype=np.float64) * [
            sign if name == "accuracy" else 1.0 for name in names
        ]
        front = nondominated(costs)
        part = part.assign(front=front, sort=sign * part["accuracy"])
        part = part if every else part[front]
        found.append(part.sort_values(["sort", *names], kind="stable"))
    import pandas as pd

    table: Any = pd.concat(found) if found else rows.assign(front=np.empty(0, dtype=bool))
    return plain(table, COLUMNS)


def nondominated(costs: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which rows no other row dominates; less is better in each column.

    Of equal rows only the first counts. In order of the first columns a row can only be dominated
    by an earlier one, and if so by one of the front.
    """
    order = np.lexsort((np.arange(len(costs)), *costs.T[::-1]))
    rest, front = order, np.zeros(len(costs), dtype=bool)
    while len(rest):
        best = rest[0]
        front[best] = True
        rest = rest[(costs[rest] < costs[best]).any(axis=1)]
    return front
