"""How a metric goes on over the epochs of a training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from catta.corpus import Corpus
from catta.stats.filters import Filters, chosen
from catta.stats.grouped import PROBLEM, checked, grouped, having, keyed

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("count", "trainings", "mean", "std", "min", "max", "seconds")


def learning_curves(
    corpus: str | Path | Corpus | None = None,
    *,
    names: str | Sequence[str] | None = None,
    by: str | Sequence[str] = "nn",
    trials: pd.DataFrame | None = None,
    **filters: Unpack[Filters],
) -> pd.DataFrame:
    """A row for each task, dataset, metric, name and epoch, in this order.

    `count` measurements of so many `trainings`, their `mean`, `std` (NaN for one), `min` and `max`,
    and the mean of the `seconds` since the training began (NaN where none was measured). Not every
    training goes on: later epochs are of fewer, and their mean is of those.

    Args:
        corpus: An open corpus, its path or URL; default: `CATTA_CORPUS` or the user's.
        names: Only these names of networks; None: all.
        by: What has a curve of its own: `nn`, `family`, `training`, `transform`, `source`.
        trials: What `load` returned, in place of a corpus.
        filters: See `Filters`.

    Raises:
        UsageError: There is no such corpus, column or filter.
    """
    if names is not None:
        filters["nn"] = names
    keys = checked([*PROBLEM, *([by] if isinstance(by, str) else by), "epoch"])
    rows = chosen(corpus, trials, filters)
    rows = having(rows, "accuracy")
    groups = grouped(rows, keys)
    found: Any = groups["accuracy"].agg(["count", "mean", "std", "min", "max"])
    found["seconds"] = groups["seconds"].mean()
    found["trainings"] = found["count"] if "training" in keys else groups["training"].nunique()
    return keyed(found, keys, COLUMNS)
