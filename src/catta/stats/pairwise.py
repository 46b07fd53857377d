"""Transforms of the inputs compared pairwise on the same networks."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from scipy import stats

from catta.corpus import Corpus
from catta.errors import UsageError
from catta.stats.directions import ascends
from catta.stats.drawing import at_common_epoch
from catta.stats.filters import Filters, chosen
from catta.stats.grouped import PROBLEM, grouped, having, per_problem, plain
from catta.stats.intervals import UNITS, Numbers, bootstrap

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    *PROBLEM,
    *("epoch", "a", "b", "networks", "mean_a", "mean_b", "difference", "ci_low", "ci_high"),
    *("wins_a", "wins_b", "p", "p_adjusted", "better"),
)

ALPHA = 0.05


def transforms(
    corpus: str | Path | Corpus | None = None,
    *,
    most: int = 12,
    seed: int = 0,
    trials: pd.DataFrame | None = None,
    **filters: Unpack[Filters],
) -> pd.DataFrame:
    """A row for each pair of transforms that five networks were trained with both of.

    Of trainings at one `epoch` (that of most measurements, unless the filter names one), and of
    these networks only: the means over networks of their mean accuracies (`mean_a`, `mean_b`), the
    `difference` a - b with its 95 % interval (bootstrap over networks), on how many each was better
    (`wins_a`, `wins_b`), the p value of Wilcoxon's signed-rank test, `p_adjusted` for all tests of
    the table (Benjamini-Hochberg), and the `better` one where that is below 0.05, else None. What
    was trained by other hyperparameters, too, is not told apart.

    Args:
        corpus: An open corpus, its path or URL; default: `CATTA_CORPUS` or the user's.
        most: So many transforms of a problem are compared, those of most networks.
        seed: Of the bootstrap.
        trials: What `load` returned, in place of a corpus.
        filters: See `Filters`.

    Raises:
        UsageError: `most` is less than 2, or there is no such corpus or filter.
    """
    if most < 2:
        raise UsageError(f"most: {most} is less than 2")
    rows = chosen(corpus, trials, filters)
    rows = having(rows, "accuracy")
    found: list[dict[str, Any]] = []
    for problem, part in per_problem(rows):
        found += [
            dict(zip(PROBLEM, problem, strict=True)) | row for row in _of_problem(part, most, seed)
        ]
    import pandas as pd

    table = pd.DataFrame(found, columns=list(COLUMNS))
    if len(table):
        table["p_adjusted"] = stats.false_discovery_control(table["p"].to_numpy(dtype=float))
        table["better"] = [_better(row) for row in table.to_dict(orient="records")]
    return plain(table, COLUMNS)


def _better(row: dict[Any, Any]) -> str | None:
    if row["p_adjusted"] >= ALPHA or row["wins_a"] == row["wins_b"]:
        return None
    return row["a"] if (row["difference"] > 0) == ascends(row["metric"]) else row["b"]


def _of_problem(rows: pd.DataFrame, most: int, seed: int) -> list[dict[str, Any]]:
    epoch, rows = at_common_epoch(rows)
    named: Any = rows[rows["transform"].notna().to_numpy()]
    means: Any = grouped(named, ["nn", "transform"])["accuracy"].mean().unstack()
    counts = means.notna().sum()
    names = sorted(counts.sort_values(ascending=False, kind="stable").index[:most])
    up = ascends(str(rows["metric"].iloc[0]))
    found: list[dict[str, Any]] = []
    for a, b in combinations(names, 2):
        both = means[[a, b]].dropna().to_numpy(dtype=np.float64)
        if len(both) >= UNITS:
            found.append({"epoch": epoch, "a": a, "b": b, **_pair(both, up, seed)})
    return found


def _pair(both: Numbers, up: bool, seed: int) -> dict[str, Any]:
    differences = both[:, 0] - both[:, 1]
    low, high = bootstrap((differences,), np.mean, paired=False, seed=seed)
    sign = 1 if up else -1
    return {
        "networks": len(both),
        "mean_a": both[:, 0].mean(),
        "mean_b": both[:, 1].mean(),
        "difference": differences.mean(),
        "ci_low": low,
        "ci_high": high,
        "wins_a": int((sign * differences > 0).sum()),
        "wins_b": int((sign * differences < 0).sum()),
        "p": signed_rank(differences),
    }


def signed_rank(differences: Numbers) -> float:
    """P value of Wilcoxon's test; 1 where there is no difference at all."""
    if not differences.any():
        return 1.0
    test: Any = stats.wilcoxon(differences, zero_method="pratt", method="approx")
    return float(test.pvalue)
