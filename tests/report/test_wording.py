from __future__ import annotations

import math

import pytest

from catta.report import wording
from catta.report.drawing import Scale, extent, histogram
from catta.report.embedding import to_json

DASH = wording.UNKNOWN


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (wording.count(578_595), "578,595"),
        (wording.count(math.nan), DASH),
        (wording.amount(740_826), "741 k"),
        (wording.amount(6_285_312), "6.29 M"),
        (wording.amount(999), "999"),
        (wording.amount(None), DASH),
        (wording.measure(0.93901), "0.9390"),
        (wording.measure(1_234.567), "1,234.57"),
        (wording.measure(math.nan), DASH),
        (wording.percent(0.83333), "83.3 %"),
        (wording.interval(0.25, math.nan), DASH),
        (wording.signed(-0.0281), "\N{MINUS SIGN}0.028"),
        (wording.signed(-0.0001), "0.000"),
        (wording.probability(0.0001), "< 0.001"),
        (wording.duration(59.94), "59.9 s"),
        (wording.duration(338.2), "5 min 38 s"),
        (wording.duration(3_599.7), "1 h 0 min"),
        (wording.day("2026-11-24T13:14:16+00:00"), "24 November 2026, 13:14 UTC"),
        (wording.day("yesterday"), "yesterday"),
        (wording.short("n1:2f9681b6ce1ac41d7e5a"), "n1:2f9681b6ce1a"),
        (wording.plural(1, "family", "families"), "1 family"),
        (wording.plural(2, "family", "families"), "2 families"),
    ],
)
def test_numbers_are_written_for_readers(found: str, expected: str) -> None:
    assert found == expected


def test_json_is_safe_within_html() -> None:
    text = to_json(
        {"</script>": ["<!--", "a & b", "\u2028", "\u2029", "ü", math.nan, math.inf, 1.5]}
    )
    assert text.isascii()
    assert not set(text) & set("<>&")
    assert "null,null,1.5" in text


def test_a_scale_has_round_ticks() -> None:
    scale = Scale(low=0.03, high=0.97, start=0, end=100)
    assert [text for _, _, text in scale.ticks()] == ["0.5"] or len(scale.ticks()) >= 2
    assert all(0 <= place <= 100 for _, place, _ in scale.ticks())
    same = Scale(low=0.5, high=0.5, start=0, end=100)
    assert same(0.5) == 50
    assert len(same.ticks()) == 1


def test_a_histogram_counts_every_finite_value() -> None:
    found = histogram([0.1, 0.2, 0.2, 0.9, math.nan])
    assert found is not None
    assert (found.low, found.high, sum(found.counts)) == (0.1, 0.9, 4)
    assert histogram([math.nan]) is None
    one = histogram([0.3, 0.3])
    assert one is not None
    assert one.counts == (2,)


def test_the_extent_of_nothing() -> None:
    assert extent([]) == (0.0, 1.0)
    low, high = extent([0.5])
    assert low < 0.5 < high
