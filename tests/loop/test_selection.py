"""Selection and composition of the examples."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from loop_networks import network

from catta.loop.selection import (
    Winner,
    admit,
    compose,
    distinct,
    round_down,
    wanted_accuracy,
    with_room,
)
from catta.records import Candidate, Completion, Outcome, Phase, Prompt, Stage, Verdict

OTHER = ", nn.Conv2d(16, 16, 5, groups=2), nn.GELU(), nn.AvgPool2d(2), nn.Dropout(0.2)"
BASE = Candidate(
    run="r",
    cycle=1,
    index=0,
    phase=Phase.DONE,
    prompt=Prompt(text="", prefix=""),
    completion=Completion(text=""),
    seed=0,
    generator="g",
)


def scored(index: int, outcome: Outcome, accuracy: float | None) -> Candidate:
    verdict = Verdict(outcome=outcome, stage=Stage.SCORE)
    return replace(BASE, index=index, verdict=verdict, accuracy=accuracy)


def winner(name: str, accuracy: float, cycle: int) -> Winner:
    return Winner(network_id=name, source=name, accuracy=accuracy, cycle=cycle, share=0.5)


def test_only_scored_and_good_candidates_are_admitted() -> None:
    candidates = [
        scored(0, Outcome.OK, 0.8),
        scored(1, Outcome.OK, 0.74),
        scored(2, Outcome.DUPLICATE, None),
        scored(3, Outcome.TIMEOUT, 0.9),
        scored(4, Outcome.OK, 0.75),
    ]
    assert admit(candidates, 0.75) == [0, 4]


def test_this_cycles_winners_come_first_and_the_rest_is_filled() -> None:
    seeds = [winner(f"s{i}", 0.75, 0) for i in range(50)]
    fresh = [winner(f"c{i}", 0.8 + i / 100, 3) for i in range(5)]
    chosen = compose(seeds + fresh, cycle=3, budget=20, seed=1)
    assert [w.network_id for w in chosen[:5]] == ["c4", "c3", "c2", "c1", "c0"]
    assert len({w.network_id for w in chosen}) == 20


def test_examples_leave_room_below_the_caps() -> None:
    small, large = winner("small", 0.8, 0), replace(winner("large", 0.9, 0), share=0.7)
    assert with_room([small, large], 0.6) == [small]
    assert with_room([small, large], 0.7) == [small, large]
    # better than to learn from nothing
    assert with_room([large], 0.6) == [large]


def test_a_variation_of_an_earlier_example_is_left_out() -> None:
    first = replace(winner("first", 0.8, 1), source=network(16))
    variation = replace(winner("variation", 0.9, 2), source=network(16, activation="GELU"))
    other = replace(winner("other", 0.7, 2), source=network(16, kernel=7, extra=OTHER))
    assert distinct([variation, other, first], 0.7) == [first, other]
    assert len(distinct([variation, other, first], 1.0)) == 3


def test_better_ones_are_drawn_more_often() -> None:
    earlier = [winner(f"low{i}", 0.6, 0) for i in range(30)]
    earlier += [winner(f"high{i}", 0.9, 1) for i in range(30)]
    draws = [compose(earlier, cycle=9, budget=10, seed=seed) for seed in range(50)]
    high = sum(w.accuracy == 0.9 for draw in draws for w in draw)
    assert high > 0.65 * 500


@given(
    accuracies=st.lists(st.floats(0, 1), max_size=30),
    budget=st.integers(1, 40),
    seed=st.integers(0, 99),
)
def test_composition_is_a_sample_within_the_budget(
    accuracies: list[float], budget: int, seed: int
) -> None:
    pool = [winner(f"n{i}", accuracy, i % 3) for i, accuracy in enumerate(accuracies)]
    chosen = compose(pool, cycle=2, budget=budget, seed=seed)
    assert len(chosen) == min(budget, len(pool))
    assert len({w.network_id for w in chosen}) == len(chosen)
    assert chosen == compose(list(reversed(pool)), cycle=2, budget=budget, seed=seed)


def test_the_wanted_score_follows_the_upper_quartile() -> None:
    assert wanted_accuracy([], 0.75) == 0.75
    pool = [winner(str(i), 0.70 + i / 100, 0) for i in range(20)]
    assert wanted_accuracy(pool, 0.75) == 0.85
    assert round_down(0.85) == 0.85
    assert round_down(0.849) == 0.80
