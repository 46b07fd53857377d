import ast
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catta.loop.scaling import FACTORS, scale_widths
from catta.novelty import InvalidSource


@pytest.mark.parametrize(
    ("factor", "scaled"),
    [
        (1, "nn.Conv2d(16, 440, 3), nn.Linear(440 * 6 * 6, 4096)"),
        (Fraction(1, 2), "nn.Conv2d(16, 224, 3), nn.Linear(224 * 6 * 6, 2048)"),
        (0.25, "nn.Conv2d(16, 112, 3), nn.Linear(112 * 6 * 6, 1024)"),
        (Fraction(1, 16), "nn.Conv2d(16, 24, 3), nn.Linear(24 * 6 * 6, 256)"),
        (0.001, "nn.Conv2d(16, 8, 3), nn.Linear(8 * 6 * 6, 8)"),
    ],
)
def test_widths_are_scaled_and_everything_else_is_kept(factor: float, scaled: str) -> None:
    assert (
        scale_widths("nn.Conv2d(16, 440, 3), nn.Linear(440 * 6 * 6, 4096)", factor) == f"({scaled})"
    )


def test_floats_booleans_and_texts_are_no_widths() -> None:
    source = "f(100.0, True, '512', 0.5)"
    assert scale_widths(source, 0.5) == source


@given(st.integers(17, 10_000), st.sampled_from(FACTORS[1:]))
def test_a_scaled_width_is_a_multiple_of_eight_near_the_product(
    width: int, factor: Fraction
) -> None:
    scaled = ast.literal_eval(scale_widths(str(width), factor))
    assert scaled % 8 == 0
    assert scaled >= 8
    assert abs(scaled - width * factor) <= 4 or scaled == 8


def test_factors_go_from_the_largest_network_to_the_smallest() -> None:
    assert [str(f) for f in FACTORS] == ["1", "1/2", "1/4", "1/8", "1/16"]


@pytest.mark.parametrize("factor", [0, -1, 1.5])
def test_a_factor_outside_the_unit_interval_is_refused(factor: float) -> None:
    with pytest.raises(ValueError, match="factor"):
        scale_widths("x = 1", factor)


def test_a_text_that_does_not_parse_is_refused() -> None:
    with pytest.raises(InvalidSource):
        scale_widths("def", 0.5)
