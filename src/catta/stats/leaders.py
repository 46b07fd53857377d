"""The best networks of each problem."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from catta.corpus import Corpus
from catta.errors import UsageError
from catta.stats.directions import best_of, signs
from catta.stats.filters import Filters, chosen
from catta.stats.grouped import PROBLEM, grouped, having, plain

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    *PROBLEM,
    *("rank", "nn", "nn_id", "family", "source", "accuracy", "epoch", "seconds", "transform"),
    *("prm", "prm_id", "count", "parameters", "flops", "latency", "id"),
)


def leaderboard(
    corpus: str | Path | Corpus | None = None,
    *,
    n: int | None = 10,
    trials: pd.DataFrame | None = None,
    **filters: Unpack[Filters],
) -> pd.DataFrame:
    """The best measurement of each network, the best networks of each problem first.

    `rank` counts from 1 within a task, dataset and metric; equal values share the better rank.
    `count` is the number of measurements that the network has for the problem. The other columns
    are those of `load`.

    Args:
        corpus: An open corpus, its path or URL; default: `CATTA_CORPUS` or the user's.
        n: So many networks of each problem; None: all.
        trials: What `load` returned, in place of a corpus.
        filters: See `Filters`.

    Raises:
        UsageError: `n` is less than 1, or there is no such corpus or filter.
    """
    if n is not None and n < 1:
        raise UsageError(f"n: {n} is less than 1")
    rows = chosen(corpus, trials, filters)
    rows = having(rows, "accuracy")
    names = [*PROBLEM, "nn"]
    bests = best_of(rows, names)
    bests = bests.assign(sort=-signs(bests) * bests["accuracy"].to_numpy())
    ranks: Any = grouped(bests, PROBLEM)["sort"].rank(method="min")
    bests["rank"] = ranks.astype(np.int64)
    counts = grouped(rows, names).size().rename("count").reset_index()
    bests = bests.merge(counts, on=names, how="left")
    bests = bests.sort_values([*PROBLEM, "rank", "nn"], kind="stable")
    if n is not None:
        bests = grouped(bests, PROBLEM).head(n)
    return plain(bests, COLUMNS)
