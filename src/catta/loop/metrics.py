"""The metrics of a cycle, each with the interval that says how much it means."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from statistics import fmean, stdev
from typing import Any

from scipy import stats

from catta.records import Candidate, Outcome, Stage


def is_valid(candidate: Candidate) -> bool:
    """Whether a candidate is a working network.

    It builds, keeps the caps and, if it was trained, was scored. A near-duplicate that works is
    valid, though it is never trained.
    """
    verdict = candidate.verdict
    if verdict is None or not candidate.builds:
        return False
    return verdict.outcome in (Outcome.OK, Outcome.DUPLICATE)


def is_near_duplicate(candidate: Candidate) -> bool:
    """Whether a candidate was refused for being too close to a known network."""
    return candidate.verdict is not None and candidate.verdict.outcome is Outcome.DUPLICATE


def summarize(candidates: Sequence[Candidate], threshold: float) -> dict[str, Any]:
    """What the table of cycles shows.

    Returns:
        Plain data: counts, rates in 0..1, 95 % intervals as [low, high] (Wilson for rates,
        Student for means; None where there is too little), accuracies in 0..1.
    """
    generated = len(candidates)
    valid = [c for c in candidates if is_valid(c)]
    accuracies = [c.accuracy for c in candidates if c.accuracy is not None]
    above = sum(accuracy >= threshold for accuracy in accuracies)
    similar = sorted(c.nearest.jaccard for c in candidates if c.nearest is not None)
    return {
        "generated": generated,
        "valid": len(valid),
        "valid_rate": len(valid) / generated if generated else 0.0,
        "valid_interval": wilson(len(valid), generated),
        "stages": stages(candidates),
        "outcomes": dict(Counter(c.verdict.outcome.value for c in candidates if c.verdict)),
        "near_duplicates": sum(is_near_duplicate(c) for c in valid),
        "scored": len(accuracies),
        "mean_accuracy": fmean(accuracies) if accuracies else None,
        "mean_interval": mean_interval(accuracies),
        "best_accuracy": max(accuracies, default=None),
        "above_threshold": above,
        "above_interval": wilson(above, generated),
        "admitted": sum(c.admitted for c in candidates),
        "median_nearest": similar[len(similar) // 2] if similar else None,
        "tokens": sum(c.completion.tokens for c in candidates),
    }


def stages(candidates: Sequence[Candidate]) -> dict[str, int]:
    """How many candidates ended at each stage without an OK."""
    ended = Counter(
        c.verdict.stage for c in candidates if c.verdict and c.verdict.outcome is not Outcome.OK
    )
    return {stage.value: ended[stage] for stage in Stage if ended[stage]}


def wilson(successes: int, trials: int) -> list[float] | None:
    """Wilson 95 % interval of a rate."""
    if trials == 0:
        return None
    interval = stats.binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    return [float(interval.low), float(interval.high)]


def newcombe(a: int, of_a: int, b: int, of_b: int) -> list[float]:
    """95 % interval of the difference `a / of_a - b / of_b` from the Wilson interval of each.

    Newcombe (1998), Statistics in Medicine 17:873, method 10.
    """
    if not of_a or not of_b:
        raise ValueError("a rate of nothing has no interval")
    (a_low, a_high), (b_low, b_high) = wilson(a, of_a) or [], wilson(b, of_b) or []
    rate_a, rate_b = a / of_a, b / of_b
    down = math.hypot(rate_a - a_low, b_high - rate_b)
    up = math.hypot(a_high - rate_a, rate_b - b_low)
    return [rate_a - rate_b - down, rate_a - rate_b + up]


def mean_interval(values: Sequence[float]) -> list[float] | None:
    """Student's 95 % interval of a mean; None for fewer than two values."""
    if len(values) < 2:
        return None
    half = float(stats.t.ppf(0.975, len(values) - 1)) * stdev(values) / len(values) ** 0.5
    mean = fmean(values)
    return [mean - half, mean + half]
