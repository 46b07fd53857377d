"""The last cycles beside the first, against values computed by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from scipy import stats

from catta.loop.improvement import improvement
from catta.records import Candidate, Completion, Phase, Prompt


def cycle(number: int, accuracies: Sequence[float | None]) -> list[Candidate]:
    return [
        Candidate(
            run="r",
            cycle=number,
            index=index,
            phase=Phase.DONE,
            prompt=Prompt(text="", prefix=""),
            completion=Completion(text=""),
            seed=0,
            generator="g",
            accuracy=accuracy,
        )
        for index, accuracy in enumerate(accuracies)
    ]


FIRST = cycle(1, [0.5, 0.6, 0.7, 0.8, None])
RUN = [*FIRST, *cycle(2, [0.1] * 5), *cycle(3, [0.8, 0.9, None]), *cycle(4, [0.7, 0.8, 0.9])]


def test_the_first_cycle_is_compared_with_the_last_two() -> None:
    gain = improvement(RUN, [1, 2, 3, 4])

    assert gain is not None
    assert gain.level == pytest.approx(0.725)  # the upper quartile of 0.5, 0.6, 0.7, 0.8
    assert (gain.first.cycles, gain.last.cycles) == ((1,), (3, 4))
    assert (gain.first.above, gain.first.generated, gain.first.scored) == (1, 5, 4)
    assert (gain.last.above, gain.last.generated, gain.last.scored) == (4, 6, 5)
    assert gain.mean_gain == pytest.approx(0.82 - 0.65)
    assert gain.share_gain == pytest.approx(4 / 6 - 1 / 5)


def test_the_interval_of_the_gain_is_that_of_welchs_test() -> None:
    gain = improvement(RUN, [1, 2, 3, 4])

    assert gain is not None
    low, high = gain.mean_gain_interval
    before, after = [0.5, 0.6, 0.7, 0.8], [0.8, 0.9, 0.7, 0.8, 0.9]
    for edge in (low, high):  # at the edge of a 95 % interval, p is 0.05
        shifted = [value - edge for value in after]
        test = stats.ttest_ind(shifted, before, equal_var=False)
        assert test.pvalue == pytest.approx(0.05, abs=1e-6)
    assert low < gain.mean_gain < high


def test_too_little_to_compare() -> None:
    assert improvement(RUN, [1, 2]) is None
    assert improvement(cycle(1, [0.5]) + cycle(2, [0.5]) + cycle(3, [0.5]), [1, 2, 3]) is None
    assert improvement([], [1, 2, 3]) is None


def test_it_is_plain_data() -> None:
    gain = improvement(RUN, [1, 2, 3, 4])

    assert gain is not None
    assert json.loads(json.dumps(gain.to_dict()))["last"]["cycles"] == [3, 4]
