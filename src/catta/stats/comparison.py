"""Whether one group of networks is better than another, and what else it may be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from scipy import stats

from catta.corpus import Corpus
from catta.stats.confounders import adjusted, confounding, differing
from catta.stats.filters import Filters, chosen
from catta.stats.grouped import PROBLEM, plain
from catta.stats.intervals import UNITS, Numbers, bootstrap
from catta.stats.matching import ON, pairs
from catta.stats.pairwise import signed_rank
from catta.stats.sides import Sides, sides

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    *PROBLEM,
    *("epoch", "sample", "networks_a", "networks_b", "mean_a", "mean_b", "difference"),
    *("ci_low", "ci_high", "effect", "p", "p_adjusted", "confounded_by"),
)


def compare(
    a: str,
    b: str,
    corpus: str | Path | Corpus | None = None,
    *,
    by: str = "family",
    on: Sequence[str] = ON,
    seed: int = 0,
    trials: pd.DataFrame | None = None,
    **filters: Unpack[Filters],
) -> pd.DataFrame:
    """Two groups of networks on each problem that both have: all of them, and matched ones.

    Two rows a problem, at the epoch of most measurements that the two share. `sample` is `all`
    (each network counts once, with the mean of its trainings) or `matched` (the pairs of
    `catta.stats.matched`, trained by the same settings). `difference` is a - b with its 95 %
    interval (bootstrap over networks, or pairs); `effect` is Cliff's delta, -1..1: the probability
    that a network of `a` has the higher value less that of the opposite; `p` is of Mann and
    Whitney's test, or Wilcoxon's for pairs, and `p_adjusted` after Benjamini and Hochberg for the
    whole table. Of fewer than five networks of either, interval and tests are NaN.

    `confounded_by` names the settings that differ between the two (see
    `catta.stats.confounding`; in a matched sample: those that were not matched). Where it is not
    empty the difference may be the settings', not the networks'.

    Args:
        a: One group, such as a family.
        b: The other.
        corpus: An open corpus, its path or URL; default: `CATTA_CORPUS` or the user's.
        by: What `a` and `b` are: `family`, `nn`, `transform` or `source`.
        on: Hyperparameters that are matched.
        seed: Of drawings and resampling.
        trials: What `load` returned, in place of a corpus.
        filters: See `Filters`.

    Raises:
        UsageError: There is nothing of `a` or of `b`, or no such corpus, column or filter.
    """
    rows = chosen(corpus, trials, filters)
    table = confounding(a, b, by=by, seed=seed, trials=rows)
    found: list[dict[str, Any]] = []
    for pair in sides(a, b, by, None, rows, {}):
        names = differing(table, pair.problem)
        left = [name for name in names if name not in on]
        problem = dict(zip(PROBLEM, pair.problem, strict=True)) | {"epoch": pair.epoch}
        found += [
            problem | _all(pair, seed) | {"confounded_by": ", ".join(names)},
            problem | _matched(pair, on, seed) | {"confounded_by": ", ".join(left)},
        ]
    import pandas as pd

    result = pd.DataFrame(found, columns=list(COLUMNS))
    result["p_adjusted"] = adjusted(result["p"])
    return plain(result, COLUMNS)


def _all(pair: Sides, seed: int) -> dict[str, Any]:
    one, other = (_networks(rows) for rows in (pair.a, pair.b))
    row = {"sample": "all", **_means(one, other)}
    if min(len(one), len(other)) < UNITS:
        return row
    low, high = bootstrap((one, other), _difference, paired=False, seed=seed)
    effect, p = _cliff(one, other)
    return row | {"ci_low": low, "ci_high": high, "effect": effect, "p": p}


def _networks(rows: pd.DataFrame) -> Numbers:
    means: Any = rows.groupby("nn", observed=True)["accuracy"].mean()
    return means.to_numpy(dtype=np.float64)


def _matched(pair: Sides, on: Sequence[str], seed: int) -> dict[str, Any]:
    rows = pairs(pair, on, seed)
    one, other = (
        np.array([row[name] for row in rows], dtype=np.float64)
        for name in ("accuracy_a", "accuracy_b")
    )
    row = {"sample": "matched", **_means(one, other)}
    if len(one) < UNITS:
        return row
    low, high = bootstrap((one - other,), np.mean, paired=False, seed=seed)
    return row | {
        "ci_low": low,
        "ci_high": high,
        "effect": _cliff(one, other)[0],
        "p": signed_rank(one - other),
    }


def _means(one: Numbers, other: Numbers) -> dict[str, Any]:
    known = len(one) > 0 and len(other) > 0
    nothing = float("nan")
    return {
        "networks_a": len(one),
        "networks_b": len(other),
        "mean_a": float(one.mean()) if known else nothing,
        "mean_b": float(other.mean()) if known else nothing,
        "difference": float(one.mean() - other.mean()) if known else nothing,
        **dict.fromkeys(("ci_low", "ci_high", "effect", "p"), nothing),
    }


def _difference(one: Numbers, other: Numbers, axis: int = -1) -> Any:
    return one.mean(axis=axis) - other.mean(axis=axis)


def _cliff(one: Numbers, other: Numbers) -> tuple[float, float]:
    """Cliff's delta, and the p value of Mann and Whitney's test."""
    test: Any = stats.mannwhitneyu(one, other, method="asymptotic")
    delta = 2 * float(test.statistic) / (len(one) * len(other)) - 1
    p = float(test.pvalue)
    return delta, 1.0 if np.isnan(p) else p
