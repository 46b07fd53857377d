"""Whether a run gets better: its last cycles against its first, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

import numpy as np
from scipy import stats

from catta.loop.metrics import mean_interval, newcombe, wilson
from catta.records import Candidate

LAST_CYCLES = 2

Interval = tuple[float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """Some cycles of a run taken together.

    Attributes:
        cycles: Their numbers.
        generated: Number of candidates; the failed ones count in `share`.
        scored: Number of candidates with an accuracy.
        mean: Mean accuracy of the scored ones, 0..1.
        mean_interval: Student's 95 % interval of it.
        above: Candidates above the level.
        share: `above / generated`.
        share_interval: Wilson's 95 % interval of it.
    """

    cycles: tuple[int, ...]
    generated: int
    scored: int
    mean: float
    mean_interval: Interval
    above: int
    share: float
    share_interval: Interval


@dataclass(frozen=True, kw_only=True, slots=True)
class Improvement:
    """The last cycles of a run beside its first.

    Attributes:
        level: Upper quartile of the first cycle's accuracies.
        first: The first cycle.
        last: The last two.
        mean_gain: Difference of their mean accuracies.
        mean_gain_interval: Its 95 % interval (Welch).
        share_gain: Difference of their shares above the level.
        share_gain_interval: Its 95 % interval (Newcombe).
    """

    level: float
    first: Period
    last: Period
    mean_gain: float
    mean_gain_interval: Interval
    share_gain: float
    share_gain_interval: Interval

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


def improvement(candidates: Sequence[Candidate], cycles: Sequence[int]) -> Improvement | None:
    """Compare the last two cycles with the first.

    Args:
        candidates: Those of the run.
        cycles: Numbers of its closed cycles, in order.

    Returns:
        None where there are fewer than three cycles, or fewer than two scores on either side.
    """
    if len(cycles) <= LAST_CYCLES:
        return None
    early, late = cycles[:1], cycles[-LAST_CYCLES:]
    before, after = _accuracies(candidates, early), _accuracies(candidates, late)
    if min(len(before), len(after)) < 2:
        return None
    level = float(np.quantile(before, 0.75))
    first, last = _period(candidates, early, level), _period(candidates, late, level)
    welch = stats.ttest_ind(after, before, equal_var=False).confidence_interval(0.95)
    return Improvement(
        level=level,
        first=first,
        last=last,
        mean_gain=last.mean - first.mean,
        mean_gain_interval=(float(welch.low), float(welch.high)),
        share_gain=last.share - first.share,
        share_gain_interval=_known(
            newcombe(last.above, last.generated, first.above, first.generated)
        ),
    )


def _period(candidates: Sequence[Candidate], cycles: Sequence[int], level: float) -> Period:
    generated = sum(c.cycle in cycles for c in candidates)
    accuracies = _accuracies(candidates, cycles)
    above = sum(accuracy > level for accuracy in accuracies)
    return Period(
        cycles=tuple(cycles),
        generated=generated,
        scored=len(accuracies),
        mean=fmean(accuracies),
        mean_interval=_known(mean_interval(accuracies)),
        above=above,
        share=above / generated,
        share_interval=_known(wilson(above, generated)),
    )


def _accuracies(candidates: Sequence[Candidate], cycles: Sequence[int]) -> list[float]:
    return [c.accuracy for c in candidates if c.cycle in cycles and c.accuracy is not None]


def _known(interval: Sequence[float] | None) -> Interval:
    if interval is None:
        raise AssertionError("a period has at least two scores")
    low, high = interval
    return low, high
