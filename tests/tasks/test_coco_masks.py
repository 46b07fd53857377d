from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from catta.tasks.coco_masks import painted, region_of


def runs(mask: np.ndarray) -> list[int]:
    """The run lengths of a mask, down its columns."""
    flat = mask.T.ravel()
    edges = np.flatnonzero(np.diff(flat)) + 1
    lengths = np.diff([0, *edges, len(flat)]).tolist()
    return [0, *lengths] if flat[0] else lengths


def packed(counts: list[int]) -> str:
    """Run lengths as text, by the published description of the format."""
    text = ""
    for place, count in enumerate(counts):
        value = count - counts[place - 2] if place > 2 else count
        more = True
        while more:
            group, value = value & 31, value >> 5
            more = value != (-1 if group & 16 else 0)
            text += chr(48 + group + 32 * more)
    return text


@given(nps.arrays(np.bool_, st.tuples(st.integers(1, 40), st.integers(1, 40))))
def test_both_forms_of_run_lengths_give_the_mask_back(mask: np.ndarray) -> None:
    counts = runs(mask)
    for form in (counts, packed(counts)):
        region = region_of({"size": list(mask.shape), "counts": form})
        drawn = painted(np.zeros(mask.shape, np.uint8), region, 7)
        assert np.array_equal(drawn, mask * 7)


def test_the_text_of_a_known_region() -> None:
    """Four rows, five columns; a block of 2 x 2 inside: 5 outside, 2 in, 2 out, 2 in, 9 out."""
    expected = np.zeros((4, 5), np.uint8)
    expected[1:3, 1:3] = 1
    region = region_of({"size": [4, 5], "counts": "52207"})
    assert np.array_equal(painted(np.zeros((4, 5), np.uint8), region, 1), expected)


def test_a_polygon_covers_the_pixels_whose_centres_it_holds() -> None:
    square = region_of([[2, 1, 6, 1, 6, 4, 2, 4]])
    expected = np.zeros((8, 8), np.uint8)
    expected[1:4, 2:6] = 3
    assert np.array_equal(painted(np.zeros((8, 8), np.uint8), square, 3), expected)


def test_a_region_of_several_polygons_lies_over_what_is_there() -> None:
    region = region_of([[0, 0, 2, 0, 2, 2, 0, 2], [4, 4, 6, 4, 6, 6, 4, 6], [1, 1, 2, 2]])
    drawn = painted(np.full((6, 6), 9, np.uint8), region, 1)
    assert (drawn == 1).sum() == 8
    assert (drawn == 9).sum() == 28


@pytest.mark.parametrize(
    ("segmentation", "message"),
    [
        ({"size": [2, 2], "counts": [1, 2]}, "do not make 2 x 2 pixels"),
        ({"size": [2, 2], "counts": [-1, 5]}, "do not make 2 x 2 pixels"),
        ({"size": [2, 2], "counts": "P"}, "break off"),
        ({"size": [2, 2], "counts": "!"}, "the character '!'"),
        ([[1, 2, 3]], "reshape"),
    ],
)
def test_what_is_no_region_is_refused(segmentation: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        region_of(segmentation)


def test_run_lengths_for_another_shape_are_refused() -> None:
    region = region_of({"size": [2, 3], "counts": [2, 4]})
    with pytest.raises(ValueError, match="for 2 x 3 pixels"):
        painted(np.zeros((3, 2), np.uint8), region, 1)


@given(st.floats(-3, 12), st.floats(-3, 12), st.floats(0.1, 9), st.floats(-0.9, 0.9), st.booleans())
def test_a_slanted_polygon_is_filled_as_its_equations_say(
    left: float, top: float, side: float, slant: float, turned: bool
) -> None:
    """A parallelogram: rows from top on, each moved by the slant."""
    bottom = top + side
    corners = [
        (left, top),
        (left + side, top),
        (left + side + slant * side, bottom),
        (left + slant * side, bottom),
    ]
    flat = [value for corner in (corners[::-1] if turned else corners) for value in corner]
    drawn = painted(np.zeros((14, 11), np.uint8), region_of([flat]), 1)
    y, x = np.mgrid[:14, :11] + 0.5
    start = left + (y - top) * slant
    margin = 1e-4  # what lies on an edge within the precision of the numbers is either
    for grow, at_most in ((-margin, False), (margin, True)):
        inside = (y > top - grow) & (y < bottom + grow)
        inside &= (x > start - grow) & (x < start + side + grow)
        assert not (drawn.astype(bool) & ~inside).any() if at_most else drawn[inside].all()
