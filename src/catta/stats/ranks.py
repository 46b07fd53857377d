"""Whether the first epoch tells which networks are good in the end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from scipy import stats

from catta.corpus import Corpus
from catta.errors import UsageError
from catta.stats.filters import Filters, chosen
from catta.stats.grouped import PROBLEM, equal, grouped, having, per_problem, plain
from catta.stats.intervals import NONE, UNITS, Numbers, bootstrap

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    *PROBLEM,
    *("first", "final", "networks", "trainings", "spearman", "ci_low", "ci_high", "spearman_p"),
    *("kendall", "kendall_p"),
)


def rank_correlation(
    corpus: str | Path | Corpus | None = None,
    *,
    first: int = 1,
    final: int | None = None,
    seed: int = 0,
    trials: pd.DataFrame | None = None,
    **filters: Unpack[Filters],
) -> pd.DataFrame:
    """Rank correlation of networks after the first epoch with the same ones after the final one.

    A network counts once: with the means over its trainings that have both epochs. A row a
    problem: the epochs `first` and `final`, `networks`, `trainings`, `spearman` with its 95 %
    interval (bootstrap over networks), `kendall` (tau-b), and the p value
    of each. Where there are fewer than five networks, or all are equal, these are NaN.

    Args:
        corpus: An open corpus, its path or URL; default: `CATTA_CORPUS` or the user's.
        first: The earlier epoch.
        final: The later epoch; None: of each problem the last epoch of most trainings that go on.
            It is one for all, since networks at different epochs cannot be ranked.
        seed: Of the bootstrap.
        trials: What `load` returned, in place of a corpus.
        filters: See `Filters`; `epoch` makes no sense here.

    Raises:
        UsageError: `final` is not after `first`, or there is no such corpus or filter.
    """
    if final is not None and final <= first:
        raise UsageError(f"final: epoch {final} is not after epoch {first}")
    if filters.pop("epoch", None) is not None:
        raise UsageError("epoch: name `first` and `final` instead")
    rows = chosen(corpus, trials, filters)
    rows = having(rows, "accuracy")
    found = [
        dict(zip(PROBLEM, problem, strict=True)) | _row(part, first, final, seed)
        for problem, part in per_problem(rows)
    ]
    import pandas as pd

    return plain(pd.DataFrame(found, columns=list(COLUMNS)), COLUMNS)


def _row(rows: pd.DataFrame, first: int, final: int | None, seed: int) -> dict[str, Any]:
    last = final or _horizon(rows, first)
    pairs = _pairs(rows, first, last) if last is not None else None
    if last is None or pairs is None:
        return {"first": first, "networks": 0, "trainings": 0}
    networks = pairs.groupby("nn", observed=True)[["first", "final"]].mean()
    x, y = (networks[name].to_numpy(dtype=np.float64) for name in ("first", "final"))
    found = {"first": first, "final": last, "networks": len(networks), "trainings": len(pairs)}
    if len(x) < UNITS or np.ptp(x) == 0 or np.ptp(y) == 0:
        return found
    tests: tuple[Any, Any] = (stats.spearmanr(x, y), stats.kendalltau(x, y))
    spearman, kendall = tests
    low, high = _interval(x, y, seed)
    return found | {
        "spearman": float(spearman.statistic),
        "spearman_p": float(spearman.pvalue),
        "ci_low": low,
        "ci_high": high,
        "kendall": float(kendall.statistic),
        "kendall_p": float(kendall.pvalue),
    }


def _horizon(rows: pd.DataFrame, first: int) -> int | None:
    """The most frequent last epoch after the first, the later one of equally frequent ones."""
    last: Any = rows.groupby("training")["epoch"].max()
    last = last[last > first]
    counts = np.bincount(last.to_numpy(dtype=np.int64)) if len(last) else np.empty(0)
    return int(np.flatnonzero(counts == counts.max())[-1]) if len(counts) else None


def _pairs(rows: pd.DataFrame, first: int, last: int) -> Any:
    """Trainings that have both epochs: name, first and final value."""
    ends = [
        grouped(equal(rows, "epoch", epoch), ["nn", "training"])["accuracy"].mean()
        for epoch in (first, last)
    ]
    import pandas as pd

    return pd.concat(ends, axis=1, keys=["first", "final"], join="inner").reset_index()


def _interval(x: Numbers, y: Numbers, seed: int) -> tuple[float, float]:
    low, high = bootstrap((x, y), _spearman, paired=True, seed=seed)
    return (low, high) if np.isfinite([low, high]).all() else NONE


def _spearman(x: Numbers, y: Numbers, axis: int = -1) -> Any:
    """Spearman's coefficient along an axis: Pearson's of the ranks."""
    ranks = (stats.rankdata(x, axis=axis), stats.rankdata(y, axis=axis))
    one, other = (r - r.mean(axis=axis, keepdims=True) for r in ranks)
    scale = np.sqrt((one**2).sum(axis=axis) * (other**2).sum(axis=axis))
    return np.divide((one * other).sum(axis=axis), scale, out=np.zeros_like(scale), where=scale > 0)
