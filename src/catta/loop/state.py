"""The state of a run as a pure function of what the corpus holds: what is to be done next."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from catta.records import Candidate, Cycle, Phase


@dataclass(frozen=True, slots=True)
class Generate:
    """Generate candidates `first` to `first + count - 1` of a cycle with this seed."""

    cycle: int
    first: int
    count: int
    seed: int


@dataclass(frozen=True, slots=True)
class Screen:
    """Check, build and compare the candidates of a cycle that have only been generated."""

    cycle: int


@dataclass(frozen=True, slots=True)
class Train:
    """Train and score the screened candidates of a cycle."""

    cycle: int


@dataclass(frozen=True, slots=True)
class Finetune:
    """Fine-tune on what is admitted up to and including this cycle."""

    cycle: int


@dataclass(frozen=True, slots=True)
class Close:
    """Select the winners of a cycle and store its metrics."""

    cycle: int


@dataclass(frozen=True, slots=True)
class Assess:
    """Read the test split, once, for the best networks of the run."""


@dataclass(frozen=True, slots=True)
class Finished:
    """There is nothing left to do."""


Step = Generate | Screen | Train | Close | Finetune | Assess | Finished


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """The numbers of a run that decide the order of its steps."""

    cycles: int
    candidates: int
    batch: int
    seed: int
    learns: bool


def next_step(
    plan: Plan, cycles: Sequence[Cycle], candidates: Sequence[Candidate], *, assessed: bool
) -> Step:
    """The first step of a run whose result is not in the corpus yet.

    Args:
        plan: The run's numbers.
        cycles: Its cycles as stored, in order.
        candidates: Its candidates as stored, of all cycles.
        assessed: Whether the final assessment is stored.
    """
    stored = {cycle.number: cycle for cycle in cycles}
    for number in range(1, plan.cycles + 1):
        cycle = stored.get(number)
        if cycle is None or not cycle.closed:
            return _step_within(plan, number, [c for c in candidates if c.cycle == number])
        # The last cycle has nobody to teach.
        if plan.learns and cycle.adapter is None and number < plan.cycles:
            return Finetune(number)
    return Finished() if assessed else Assess()


def _step_within(plan: Plan, cycle: int, candidates: Sequence[Candidate]) -> Step:
    present = {candidate.index for candidate in candidates}
    for first in range(0, plan.candidates, plan.batch):
        count = min(plan.batch, plan.candidates - first)
        if not present.issuperset(range(first, first + count)):
            return Generate(cycle, first, count, derive_seed(plan.seed, cycle, first))
    phases = {candidate.phase for candidate in candidates}
    if Phase.GENERATED in phases:
        return Screen(cycle)
    if Phase.SCREENED in phases:
        return Train(cycle)
    return Close(cycle)


def derive_seed(seed: int, *path: int | str) -> int:
    """A seed of its own for each use, a pure function of the run's seed; 31 bits."""
    text = ":".join(str(part) for part in (seed, *path))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1
