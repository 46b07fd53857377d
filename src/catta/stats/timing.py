"""How long trainings take."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from catta.corpus import Corpus
from catta.stats.filters import Filters, chosen
from catta.stats.grouped import PROBLEM, checked, equal, grouped, having, keyed
from catta.stats.summaries import QUANTILES

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    *("trainings", "networks", "mean", "median", "std", *QUANTILES, "min", "max"),
    *("first_median", "total"),
)


def durations(
    corpus: str | Path | Corpus | None = None,
    *,
    by: str | Sequence[str] = PROBLEM,
    trials: pd.DataFrame | None = None,
    **filters: Unpack[Filters],
) -> pd.DataFrame:
    """Seconds an epoch, a row a group; a training counts once, with the mean of its epochs.

    `trainings` whose duration is known, of so many `networks`; `mean`, `median`, `std`, quantiles,
    `min` and `max` of their seconds an epoch; `first_median`, the median of the seconds until the
    end of the first epoch (NaN where nobody has one); `total`, the seconds of all of them together.
    Seconds are wall-clock time on whatever machine it was: published durations include the
    evaluation, Catta's own do not.

    Args:
        corpus: An open corpus, its path or URL; default: `CATTA_CORPUS` or the user's.
        by: Columns of `load` that groups agree in.
        trials: What `load` returned, in place of a corpus.
        filters: See `Filters`.

    Raises:
        UsageError: There is no such corpus, column or filter.
    """
    names = checked(by)
    rows = chosen(corpus, trials, filters)
    rows = having(rows, "seconds")
    extra = [name for name in ("nn",) if name not in names]
    kept: Any = rows[list(dict.fromkeys([*names, *extra, "training", "epoch", "seconds"]))]
    last = kept.sort_values("epoch", kind="stable").drop_duplicates(
        list(dict.fromkeys([*names, "training"])), keep="last"
    )
    last = last.assign(each=last["seconds"] / last["epoch"])
    groups = grouped(last, names)
    found: Any = groups["each"].agg(["count", "mean", "median", "std", "min", "max"])
    found = found.rename(columns={"count": "trainings"})
    quantiles: Any = groups["each"].quantile([*QUANTILES.values()]).unstack()
    for name, share in QUANTILES.items():
        found[name] = quantiles[share] if len(found) else np.empty(0)
    found["networks"] = found["trainings"] if "nn" in names else groups["nn"].nunique()
    if "nn" in names:
        found["networks"] = np.ones(len(found), dtype=np.int64)
    first = equal(kept, "epoch", 1)
    found["first_median"] = grouped(first, names)["seconds"].median()
    found["total"] = groups["seconds"].sum()
    return keyed(found, names, COLUMNS)
