"""Metrics of a cycle against values computed by hand or taken from the literature."""

from dataclasses import replace

import pytest

from catta.loop.metrics import mean_interval, newcombe, summarize, wilson
from catta.records import (
    BuildFacts,
    Candidate,
    Completion,
    Outcome,
    Phase,
    Prompt,
    Stage,
    Verdict,
)

FACTS = BuildFacts(parameters=1, flops=1, graph="g1:0", seconds=0.1)
BASE = Candidate(
    run="r",
    cycle=1,
    index=0,
    phase=Phase.DONE,
    prompt=Prompt(text="", prefix=""),
    completion=Completion(text="", tokens=10),
    seed=0,
    generator="g",
)


def ended(
    outcome: Outcome, stage: Stage, accuracy: float | None = None, built: bool = True
) -> Candidate:
    return replace(
        BASE,
        verdict=Verdict(outcome=outcome, stage=stage),
        accuracy=accuracy,
        facts=FACTS if built else None,
        admitted=accuracy is not None and accuracy >= 0.75,
    )


def test_wilson_agrees_with_the_textbook() -> None:
    # Newcombe (1998), Statistics in Medicine 17:857, table I, method 3: 81 of 263.
    low, high = wilson(81, 263) or (0, 0)
    assert low == pytest.approx(0.2553, abs=1e-4)
    assert high == pytest.approx(0.3662, abs=1e-4)
    assert wilson(0, 0) is None


def test_newcombe_agrees_with_the_paper() -> None:
    # Newcombe (1998), Statistics in Medicine 17:873, table II, example (a), method 10.
    assert newcombe(56, 70, 48, 80) == pytest.approx([0.0524, 0.3339], abs=1e-4)


def test_student_interval_of_three_values() -> None:
    # t(0.975, 2) = 4.3027, s = 1, n = 3
    low, high = mean_interval([1.0, 2.0, 3.0]) or (0, 0)
    assert high - 2.0 == pytest.approx(4.3027 / 3**0.5, abs=1e-4)
    assert 2.0 - low == pytest.approx(high - 2.0)
    assert mean_interval([1.0]) is None


def test_a_cycle_is_summed_up() -> None:
    cycle = [
        ended(Outcome.OK, Stage.SCORE, 0.8),
        ended(Outcome.OK, Stage.SCORE, 0.6),
        ended(Outcome.DUPLICATE, Stage.NOVELTY),
        ended(Outcome.INVALID, Stage.PARSE, built=False),
        ended(Outcome.INVALID, Stage.BUILD),  # over the caps: it has facts and is not valid
        ended(Outcome.TIMEOUT, Stage.TRAIN),
    ]
    metrics = summarize(cycle, 0.75)
    assert metrics["generated"] == 6
    assert metrics["valid"] == 3
    assert metrics["near_duplicates"] == 1
    assert metrics["stages"] == {"parse": 1, "novelty": 1, "build": 1, "train": 1}
    assert metrics["mean_accuracy"] == pytest.approx(0.7)
    assert metrics["best_accuracy"] == 0.8
    assert metrics["above_threshold"] == 1
    assert metrics["admitted"] == 1
    assert metrics["tokens"] == 60


def test_a_cycle_without_any_score_has_no_mean() -> None:
    metrics = summarize([ended(Outcome.INVALID, Stage.PARSE, built=False)], 0.5)
    assert metrics["mean_accuracy"] is None
    assert metrics["best_accuracy"] is None
    assert metrics["mean_interval"] is None
