"""95 % intervals by bootstrap over networks: rows of one network are not independent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Numbers = NDArray[np.float64]

LEVEL = 0.95
RESAMPLES = 999

_NUMBERS_AT_ONCE = 2_000_000
"""Of resampled values in memory: 16 MB for each of the arrays."""

UNITS = 5
"""Of fewer independent units a percentile interval is much too narrow: there is none."""

NONE = (float("nan"), float("nan"))
"""Where there is too little to say."""


def bootstrap(
    samples: tuple[Numbers, ...], statistic: Callable[..., Any], *, paired: bool, seed: int = 0
) -> tuple[float, float]:
    """The percentile interval of a statistic; (NaN, NaN) for fewer than `UNITS` units.

    Args:
        samples: Arrays of independent units; paired ones are of one length.
        statistic: Vectorised: takes the arrays and `axis`.
        paired: Whether the arrays are resampled together.
        seed: Of the resampling.
    """
    longest = max((len(sample) for sample in samples), default=0)
    if min((len(sample) for sample in samples), default=0) < UNITS:
        return NONE
    found: Any = stats.bootstrap(
        samples,
        statistic,
        n_resamples=RESAMPLES,
        batch=max(1, _NUMBERS_AT_ONCE // longest),
        vectorized=True,
        paired=paired,
        confidence_level=LEVEL,
        method="percentile",
        rng=np.random.default_rng(seed),
    )
    interval = found.confidence_interval
    return float(interval.low), float(interval.high)


def mean_interval(sums: Numbers, counts: Numbers, *, seed: int = 0) -> tuple[float, float]:
    """The interval of the mean over rows, where networks are what was drawn.

    Args:
        sums: Sum over the rows of each network.
        counts: Rows of each network, at least one.
        seed: Of the resampling.
    """
    return bootstrap((sums, counts), _ratio, paired=True, seed=seed)


def _ratio(sums: Numbers, counts: Numbers, axis: int = -1) -> Any:
    return sums.sum(axis=axis) / counts.sum(axis=axis)
