"""Rows of `catta.data` as numbers, for telling quickly which agree and which differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from catta.errors import UsageError
from catta.library.partners import Integers, Pool

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """The rows, and what tells them apart as numbers from 0, one for each row."""

    frame: pd.DataFrame
    same: Integers
    differ: list[list[int]]
    accuracy: NDArray[np.float64]

    def pool(self, rows: Integers) -> Pool:
        """What some of the rows may stand beside."""
        return Pool(rows, self.same, self.differ, self.accuracy)


def table_of(rows: pd.DataFrame, same: Sequence[str], differ: Sequence[str]) -> Table:
    """The rows that have code, and their numbers.

    Raises:
        UsageError: `same` or `differ` names what is no column, or one of dictionaries.
    """
    frame: Any = rows[rows["nn_code"].notna()]
    frame = frame.reset_index(drop=True)
    key = np.zeros(len(frame), dtype=np.int64)
    for name in _columns("same", same, frame):
        codes, values = factorized(frame[name])
        key = np.unique(key * max(1, len(values)) + codes, return_inverse=True)[1]
    return Table(
        frame=frame,
        same=key,
        differ=[factorized(frame[name])[0].tolist() for name in _columns("differ", differ, frame)],
        accuracy=frame["accuracy"].to_numpy(dtype=np.float64),
    )


def _columns(what: str, names: object, frame: Any) -> list[str]:
    possible = [str(name) for name in frame.columns if name not in ("prm", "nn_stats_meta")]
    if isinstance(names, str) or not isinstance(names, Sequence):
        raise UsageError(f"{what}: {names!r} is not a sequence of columns")
    for name in names:
        if name not in possible:
            raise UsageError(f"{what}: {name!r} is not one of {', '.join(possible)}")
    return [str(name) for name in names]


def factorized(column: Any) -> tuple[Integers, list[Any]]:
    """A number from 0 for each value in the order in which they appear, and the values."""
    import pandas as pd

    codes, values = pd.factorize(column, use_na_sentinel=False)
    return codes.astype(np.int64), list(values)
