"""Of many measurements those that a statistic can stand on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def common_epoch(rows: pd.DataFrame) -> int:
    """The epoch of most rows, the earlier one of equally frequent ones."""
    return int(np.argmax(np.bincount(rows["epoch"].to_numpy(dtype=np.int64))))


def at_common_epoch(rows: pd.DataFrame) -> tuple[int, Any]:
    """The epoch of most rows, and these: values after different epochs are not compared."""
    epoch = common_epoch(rows)
    return epoch, rows[(rows["epoch"] == epoch).to_numpy()]


def one_a_network(rows: pd.DataFrame, seed: int) -> Any:
    """A row of each network, drawn by seed: rows of one network are not independent."""
    drawn: Any = rows.sample(frac=1.0, random_state=np.random.default_rng(seed))
    return drawn.drop_duplicates("nn")


def at_most(rows: pd.DataFrame, count: int, seed: int) -> Any:
    """So many rows, drawn by seed, or all of them."""
    if len(rows) <= count:
        return rows
    return rows.sample(count, random_state=np.random.default_rng(seed)).sort_index()
