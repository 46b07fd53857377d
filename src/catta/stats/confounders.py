"""What else differs between two groups of networks than the networks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from scipy import stats

from catta.corpus import Corpus
from catta.stats.drawing import one_a_network
from catta.stats.filters import Filters
from catta.stats.grouped import PROBLEM, plain
from catta.stats.hyperparameters import hyperparameters
from catta.stats.intervals import UNITS
from catta.stats.sides import Sides, sides

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    *PROBLEM,
    *("epoch", "parameter", "typical_a", "typical_b", "known_a", "known_b"),
    *("distance", "p", "p_adjusted", "differs"),
)

ALPHA = 0.05
DISTANCE = 0.1
"""A smaller distance of two distributions is not worth a warning, however certain it is."""


def confounding(
    a: str,
    b: str,
    corpus: str | Path | Corpus | None = None,
    *,
    by: str = "family",
    seed: int = 0,
    trials: pd.DataFrame | None = None,
    **filters: Unpack[Filters],
) -> pd.DataFrame:
    """How the settings differ by which two groups of networks were trained.

    A row for each problem and hyperparameter, the transform included, of a training for each
    network, drawn by seed: the median or most frequent value of each group (as texts),
    `known_a` and `known_b` (shares of networks that have it), the `distance` of the two
    distributions (0..1: Kolmogorov-Smirnov's of numbers, total variation of texts) with its `p`
    value (Kolmogorov-Smirnov, chi-square) and `p_adjusted` (Benjamini-Hochberg over the table), and
    whether it `differs`: adjusted p below 0.05 and distance of 0.1 or more, or one group mostly
    has it and the other mostly has not.

    Args:
        a: One group, such as a family.
        b: The other.
        corpus: An open corpus, its path or URL; default: `CATTA_CORPUS` or the user's.
        by: What `a` and `b` are: `family`, `nn`, `transform` or `source`.
        seed: Of the drawing.
        trials: What `load` returned, in place of a corpus.
        filters: See `Filters`.

    Raises:
        UsageError: There is nothing of `a` or of `b`, or no such corpus, column or filter.
    """
    found = [row for pair in sides(a, b, by, corpus, trials, filters) for row in _rows(pair, seed)]
    import pandas as pd

    table = pd.DataFrame(found, columns=list(COLUMNS))
    table["p"] = table["p"].astype(float)
    table["p_adjusted"] = adjusted(table["p"])
    certain = (table["p_adjusted"] < ALPHA) & (table["distance"].astype(float) >= DISTANCE)
    apart = (table["known_a"].astype(float) - table["known_b"].astype(float)).abs() > 0.5
    table["differs"] = certain | apart
    return plain(table, COLUMNS)


def adjusted(p: Any) -> Any:
    """P values after Benjamini and Hochberg; NaN stays."""
    found = np.full(len(p), np.nan)
    known = p.notna().to_numpy()
    if known.any():
        found[known] = stats.false_discovery_control(p[known].to_numpy(dtype=float))
    return found


def differing(table: pd.DataFrame, problem: tuple[str, str, str]) -> list[str]:
    """Parameters that differ, of one problem."""
    mask = table["differs"].to_numpy(dtype=bool, copy=True)
    for name, value in zip(PROBLEM, problem, strict=True):
        mask &= (table[name] == value).to_numpy()
    return [str(name) for name in table["parameter"][mask]]


def _rows(pair: Sides, seed: int) -> list[dict[str, Any]]:
    one, other = (hyperparameters(one_a_network(rows, seed)) for rows in (pair.a, pair.b))
    found: list[dict[str, Any]] = []
    for name in sorted({*one.columns, *other.columns}):
        columns = [table[name].dropna() if name in table else None for table in (one, other)]
        row = _row(columns, len(one), len(other))
        if row is not None:
            problem = dict(zip(PROBLEM, pair.problem, strict=True))
            found.append({**problem, "epoch": pair.epoch, "parameter": name, **row})
    return found


def _row(columns: list[Any], of_a: int, of_b: int) -> dict[str, Any] | None:
    known = [column is not None and len(column) > 0 for column in columns]
    shares = [
        len(column) / total if column is not None and total else 0.0
        for column, total in zip(columns, (of_a, of_b), strict=True)
    ]
    row: dict[str, Any] = {
        "typical_a": _typical(columns[0]) if known[0] else None,
        "typical_b": _typical(columns[1]) if known[1] else None,
        "known_a": shares[0],
        "known_b": shares[1],
        "distance": float("nan"),
        "p": float("nan"),
    }
    if not any(known):
        return None
    if not all(known) or columns[0].dtype != columns[1].dtype:
        return row
    one, other = columns
    if one.dtype == np.float64 and min(len(one), len(other)) < UNITS:
        return row
    if one.dtype == np.float64:
        test: Any = stats.ks_2samp(one.to_numpy(), other.to_numpy(), method="asymp")
        return row | {"distance": float(test.statistic), "p": float(test.pvalue)}
    return row | _of_texts(one, other)


def _of_texts(one: Any, other: Any) -> dict[str, float]:
    names = sorted({*one.unique(), *other.unique()})
    counts = np.array(
        [column.value_counts().reindex(names, fill_value=0) for column in (one, other)]
    )
    shares = counts / counts.sum(axis=1, keepdims=True)
    distance = float(np.abs(shares[0] - shares[1]).sum() / 2)
    test: Any = stats.chi2_contingency(counts, correction=False) if len(names) > 1 else None
    return {"distance": distance, "p": 1.0 if test is None else float(test.pvalue)}


def _typical(column: Any) -> str:
    if column.dtype == np.float64:
        return f"{column.median():.3g}"
    return str(column.mode().iloc[0])
