"""How good networks are, by what they were trained for or whatever else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from catta.corpus import Corpus
from catta.stats.directions import best_of
from catta.stats.filters import Filters, chosen
from catta.stats.grouped import PROBLEM, checked, grouped, having, keyed
from catta.stats.intervals import mean_interval

if TYPE_CHECKING:
    import pandas as pd

QUANTILES = {"q05": 0.05, "q25": 0.25, "q75": 0.75, "q95": 0.95}

COLUMNS = (
    *("count", "networks", "mean", "median", "std", "ci_low", "ci_high"),
    *(*QUANTILES, "min", "max", "best", "best_nn"),
)


def summary(
    corpus: str | Path | Corpus | None = None,
    *,
    by: str | Sequence[str] = PROBLEM,
    seed: int = 0,
    trials: pd.DataFrame | None = None,
    **filters: Unpack[Filters],
) -> pd.DataFrame:
    """A row a group: how many measurements, how good, how much they differ, the best one.

    After the columns of the groups come `count` (measurements), `networks` (names), `mean`,
    `median`, `std` (with n - 1; NaN for one), `ci_low` and `ci_high` (95 % interval of the mean,
    bootstrap over networks; NaN for fewer than five), quantiles `q05`, `q25`, `q75`, `q95`, `min`,
    `max`, `best` (the lowest where lower is better; NaN where the group has metrics of both kinds)
    and `best_nn`. Measurements that are NaN are left out.

    Args:
        corpus: An open corpus, its path or URL; default: `CATTA_CORPUS` or the user's.
        by: Columns of `load` that groups agree in: `family`, `epoch`, `nn`, `transform`, ...
        seed: Of the bootstrap.
        trials: What `load` returned, in place of a corpus.
        filters: See `Filters`.

    Raises:
        UsageError: There is no such corpus, column or filter.
    """
    names = checked(by)
    rows = chosen(corpus, trials, filters)
    rows = having(rows, "accuracy")
    groups = grouped(rows, names)["accuracy"]
    found: Any = groups.agg(["count", "mean", "median", "std", "min", "max"])
    quantiles: Any = groups.quantile([*QUANTILES.values()]).unstack()
    for name, share in QUANTILES.items():
        found[name] = quantiles[share] if len(found) else np.empty(0)
    found["networks"] = grouped(rows, names)["nn"].nunique()
    bests = best_of(rows, names).set_index(names, drop=False)
    found["best"], found["best_nn"] = bests["accuracy"], bests["nn"].astype(object)
    found["ci_low"], found["ci_high"] = _intervals(rows, names, found.index, seed)
    return keyed(found, names, COLUMNS)


def _intervals(rows: pd.DataFrame, names: list[str], index: Any, seed: int) -> tuple[Any, Any]:
    """Lower and upper ends, in the order of the groups."""
    within = [*names, *(name for name in ("nn",) if name not in names)]
    cells: Any = grouped(rows, within)["accuracy"].agg(["sum", "count"])
    lows, highs = np.full(len(index), np.nan), np.full(len(index), np.nan)
    places = {key: place for place, key in enumerate(index)}
    if "nn" in names:  # a network has no interval: nothing was drawn
        return lows, highs
    levels = names[0] if len(names) == 1 else names
    for key, part in cells.groupby(level=levels, observed=True, sort=False):
        sums, counts = (part[name].to_numpy(dtype=float) for name in ("sum", "count"))
        lows[places[key]], highs[places[key]] = mean_interval(sums, counts, seed=seed)
    return lows, highs
