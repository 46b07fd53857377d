"""Who is admitted, and what the next fine-tuning sees: pure functions of what is stored."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev

from catta.novelty import curate
from catta.records import Candidate, Outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class Winner:
    """A network that the generator may learn from, with its measured accuracy (0..1)."""

    network_id: str
    source: str
    accuracy: float
    cycle: int  # 0: a seed
    share: float  # of the caps that it uses, 0..1


def admit(candidates: Sequence[Candidate], threshold: float) -> list[int]:
    """Indices of the candidates that are novel, trained, and at or above the threshold.

    Novelty was decided when they were screened: a near-duplicate never gets the outcome OK.
    """
    return [
        candidate.index
        for candidate in candidates
        if candidate.verdict is not None
        and candidate.verdict.outcome is Outcome.OK
        and candidate.accuracy is not None
        and candidate.accuracy >= threshold
    ]


def with_room(winners: Sequence[Winner], share: float) -> list[Winner]:
    """The winners that use at most this share of the caps; all of them where none does.

    What is varied from a network just below the caps is above them as often as not.
    """
    return [w for w in winners if w.share <= share] or list(winners)


def distinct(winners: Sequence[Winner], similarity: float) -> list[Winner]:
    """The winners that differ from one another, earlier ones first, then better ones.

    A model that learns from its own variations of one network soon writes nothing else.

    Args:
        winners: In any order.
        similarity: Jaccard similarity (0..1) to an earlier one from which a winner is left out.
    """
    ordered = sorted(winners, key=lambda w: (w.cycle, -w.accuracy, w.network_id))
    kept = curate(((w.network_id, w.source) for w in ordered), threshold=similarity)
    return [ordered[position] for position in kept]


def compose(winners: Sequence[Winner], *, cycle: int, budget: int, seed: int) -> list[Winner]:
    """The examples of one fine-tuning, cumulative and bounded.

    The winners of this cycle all come first (they are what is new), the rest of the budget is
    drawn without replacement from everything earlier, with weights that double for each
    standard step of accuracy, so that the better half dominates and variety stays.

    Args:
        winners: Everything admitted so far and the seeds above the threshold.
        cycle: The cycle just closed.
        budget: Largest number of examples.
        seed: Seed of the draw.
    """
    fresh = sorted(
        (w for w in winners if w.cycle == cycle), key=lambda w: (-w.accuracy, w.network_id)
    )[:budget]
    earlier = sorted((w for w in winners if w.cycle != cycle), key=lambda w: w.network_id)
    room = min(budget - len(fresh), len(earlier))
    generator = random.Random(seed)  # noqa: S311 - a reproducible draw, no secret
    mean, step = _mean_and_step([w.accuracy for w in earlier])
    # Efraimidis and Spirakis (2006): the k largest u^(1/w) are a weighted sample.
    keyed = [
        (math.log(1.0 - generator.random()) / 2 ** ((w.accuracy - mean) / step), w) for w in earlier
    ]
    drawn = sorted(keyed, key=lambda pair: -pair[0])[:room]
    return fresh + [winner for _, winner in drawn]


def wanted_accuracy(winners: Sequence[Winner], threshold: float) -> float:
    """The score a prompt asks for: the upper quartile of what is known, never below the threshold.

    Rounded down to steps of 0.05, as in the training examples, so that the model has seen it.
    """
    known = sorted(w.accuracy for w in winners)
    quartile = known[(3 * len(known)) // 4] if known else threshold
    return max(round_down(quartile), round_down(threshold))


def round_down(accuracy: float) -> float:
    """Accuracy rounded down to a step of 0.05."""
    return math.floor(accuracy * 20 + 1e-9) / 20


def _mean_and_step(values: Sequence[float]) -> tuple[float, float]:
    """Mean and standard deviation; a spread that is only rounding counts as 1: equal weights."""
    if len(values) < 2:
        return 0.0, 1.0
    deviation = pstdev(values)
    return fmean(values), deviation if deviation > 1e-6 else 1.0
