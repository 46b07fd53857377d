"""Regions of pictures in COCO's notations: polygons, and run lengths as numbers or as text.

Run lengths go down the columns and begin with pixels outside. As text, a number is written in
groups of five bits, the lowest first: a character is 48 more than its group, plus 32 if another
group follows; bit 16 of the last group is the sign. From the fourth number on, what is written is
the difference to the number before the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Runs:
    """Run lengths, and the height and width that they make."""

    counts: NDArray[np.int64]
    shape: tuple[int, int]


Region = tuple[NDArray[np.float32], ...] | Runs
"""Polygons (points, 2) of x and y, or run lengths."""


def region_of(segmentation: object) -> Region:
    """Read a `segmentation` of an annotation.

    Raises:
        ValueError, TypeError, KeyError, IndexError: It is in none of the notations.
    """
    if isinstance(segmentation, dict):
        record = cast("dict[str, Any]", segmentation)
        height, width = record["size"]
        counts = record["counts"]
        runs = _unpacked(counts) if isinstance(counts, str) else np.array(counts, np.int64)
        if runs.ndim != 1 or (runs < 0).any() or runs.sum() != height * width:
            raise ValueError(f"its run lengths do not make {height} x {width} pixels")
        return Runs(runs, (int(height), int(width)))
    polygons = cast("Sequence[Sequence[float]]", segmentation)
    points = [np.array(polygon, np.float32).reshape(-1, 2) for polygon in polygons]
    if not all(np.isfinite(polygon).all() for polygon in points):
        raise ValueError("a polygon is not finite")
    return tuple(polygon for polygon in points if len(polygon) > 2)


def painted(mask: NDArray[np.uint8], region: Region, value: int) -> NDArray[np.uint8]:
    """The mask (H, W) with this value in the region.

    Raises:
        ValueError: The region is for pictures of another shape.
    """
    if isinstance(region, Runs):
        height, width = region.shape
        if region.shape != mask.shape:
            raise ValueError(f"its run lengths are for {height} x {width} pixels")
        outside_first = np.arange(len(region.counts)) % 2 == 1
        inside = np.repeat(outside_first, region.counts).reshape(width, height).T
        return np.where(inside, np.uint8(value), mask)
    drawn = mask.copy()
    for polygon in region:
        window, inside = _filled(polygon, mask.shape)
        drawn[window][inside] = value
    return drawn


def _filled(
    polygon: NDArray[np.float32], shape: tuple[int, ...]
) -> tuple[slice, NDArray[np.bool_]]:
    """Rows that a polygon reaches, and which of their pixels have their centre inside.

    PIL's polygons are half a pixel larger on each side, which is much of a small object.
    """
    height, width = shape
    x1, y1 = (polygon.astype(np.float64) - 0.5).T  # centres of pixels have whole numbers
    x2, y2 = np.roll(x1, -1), np.roll(y1, -1)
    slopes = (x2 - x1) / np.where(y1 == y2, 1, y2 - y1)
    tops = np.clip(np.ceil(np.minimum(y1, y2)), 0, height).astype(np.int64)
    bottoms = np.clip(np.ceil(np.maximum(y1, y2)), 0, height).astype(np.int64)
    first, end = int(tops.min()), int(bottoms.max())
    lengths = bottoms - tops
    edges = np.repeat(np.arange(len(tops)), lengths)
    rows = np.arange(len(edges)) + (tops - np.cumsum(lengths) + lengths)[edges]
    crossed = np.clip(np.ceil(x1[edges] + (rows - y1[edges]) * slopes[edges]), 0, width)
    places = (rows - first) * (width + 1) + crossed.astype(np.int64)
    odd = np.bincount(places, minlength=(end - first) * (width + 1)) % 2 == 1
    inside = np.logical_xor.accumulate(odd.reshape(end - first, width + 1), axis=1)
    return slice(first, end), inside[:, :width]


def _unpacked(text: str) -> NDArray[np.int64]:
    numbers: list[int] = []
    value = shift = 0
    for character in text:
        group = ord(character) - 48
        if not 0 <= group < 64:
            raise ValueError(f"its run lengths hold the character {character!r}")
        value |= (group & 31) << shift
        shift += 5
        if group & 32:
            continue
        if group & 16:
            value -= 1 << shift
        numbers.append(value + (numbers[-2] if len(numbers) > 2 else 0))
        value = shift = 0
    if shift:
        raise ValueError("its run lengths break off")
    return np.array(numbers, np.int64)
