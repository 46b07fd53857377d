"""Whether more is better, and the best of several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from catta.errors import UsageError
from catta.tasks.metrics import higher_is_better

if TYPE_CHECKING:
    import pandas as pd


def ascends(metric: str) -> bool:
    """Whether a better network has a higher value; of a metric that nobody knows, it has."""
    try:
        return higher_is_better(metric)
    except UsageError:  # one of a collection's own, such as LEMUR's `clip`
        return True


def signs(rows: pd.DataFrame) -> NDArray[np.float64]:
    """+1 or -1 for each row: the accuracy times this is more where it is better."""
    names: Any = rows["metric"].cat
    each = np.array([1.0 if ascends(name) else -1.0 for name in names.categories] or [1.0])
    return each[names.codes.to_numpy()] if len(rows) else np.empty(0)


def best_of(rows: pd.DataFrame, names: Sequence[str]) -> Any:
    """The best row of each group, the first of several; values are to be known.

    Where a group has metrics of which more is better and others of which less is, nothing is best:
    its row is left out.
    """
    sign = signs(rows)
    order = np.argsort(-sign * rows["accuracy"].to_numpy(), kind="stable")
    first: Any = rows.iloc[order].drop_duplicates(list(names))
    if len(set(sign.tolist())) > 1:
        marked: Any = rows.assign(sign=sign)
        mixed = marked.groupby(list(names), observed=True, dropna=False)["sign"].nunique()
        keys = first.set_index(list(names)).index
        first = first[(mixed.reindex(keys) == 1).to_numpy()]
    return first.sort_index(kind="stable")
