"""The hyperparameters of measurements as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

if TYPE_CHECKING:
    import pandas as pd

KNOWN = 0.5
"""A hyperparameter counts if at least this share of the measurements has it."""


def hyperparameters(rows: pd.DataFrame) -> pd.DataFrame:
    """Hyperparameters that most of the rows have, as columns beside the index of the rows.

    Numbers are floats (NaN where there is none), texts and truths are texts; a hyperparameter that
    has both kinds of values is left out. `transform` is the last column; columns are sorted by
    name otherwise.
    """
    import pandas as pd

    used, codes = np.unique(rows["prm"].cat.codes.to_numpy(), return_inverse=True)
    categories: Any = rows["prm"].cat.categories
    sets = [orjson.loads(categories[code]) if code >= 0 else {} for code in used.tolist()]
    weights = np.bincount(codes, minlength=len(sets)) if len(rows) else np.empty(0)
    found: dict[str, Any] = {}
    for name in sorted({name for prm in sets for name in prm}):
        values = [prm.get(name) for prm in sets]
        known = np.array([value is not None for value in values], dtype=bool)
        column = _column(values)
        if column is not None and weights[known].sum() >= KNOWN * len(rows):
            found[name] = column[codes]
    table = pd.DataFrame(found, index=rows.index)
    return table.assign(transform=rows["transform"].astype(object))


def _column(values: list[Any]) -> Any:
    kinds = {_kind(value) for value in values if value is not None}
    if kinds == {"number"}:
        return np.array([np.nan if v is None else float(v) for v in values], dtype=np.float64)
    if kinds == {"text"}:
        return np.array([None if v is None else str(v) for v in values], dtype=object)
    return None


def _kind(value: object) -> str:
    if isinstance(value, bool | str):
        return "text"
    return "number" if isinstance(value, int | float) else "other"


def numeric(table: Any) -> list[str]:
    """Columns of numbers that have at least two values."""
    return [
        str(name)
        for name in table.columns
        if table[name].dtype == np.float64 and table[name].nunique() > 1
    ]


def textual(table: Any) -> list[str]:
    """Columns of texts that have at least two values."""
    return [
        str(name)
        for name in table.columns
        if table[name].dtype != np.float64 and table[name].nunique() > 1
    ]
