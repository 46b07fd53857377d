"""Scale the widths of a network until it keeps the caps: the adapter that makes seeds of LEMUR.

Most published networks are far too large for one epoch on a CPU (median 38 million parameters);
their architecture is worth having all the same.
"""

from __future__ import annotations

import ast
import math
from fractions import Fraction

from catta.novelty import parse, unparse

FACTORS: tuple[Fraction, ...] = tuple(Fraction(1, 2**i) for i in range(5))
"""Factors to try in turn, the largest network first: 1, 1/2, ... 1/16."""

_SMALLEST = 8
_KEPT = 16


def scale_widths(source: str, factor: Fraction | float) -> str:
    """Multiply the widths of a network.

    Widths are the integer literals above 16: kernel sizes, strides, depths and most group counts
    are below, numbers of channels and features are above. All are scaled alike, so that equal
    widths stay equal and a network that built builds again, unless one depends on an unscaled
    number.

    Args:
        source: Text of a network.
        factor: What to multiply by, above 0 and at most 1.

    Returns:
        Its canonical text with all widths scaled and rounded to multiples of 8, at least 8.

    Raises:
        ValueError: If the factor is not in 0..1.
        InvalidSource: If the text does not parse.
    """
    if not 0 < factor <= 1:
        raise ValueError(f"factor must be above 0 and at most 1, not {factor}")
    tree = parse(source)
    if factor != 1:
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and type(node.value) is int and node.value > _KEPT:
                node.value = _scaled(node.value, Fraction(factor))
    return unparse(tree)


def _scaled(width: int, factor: Fraction) -> int:
    multiple = math.floor(width * factor / _SMALLEST + Fraction(1, 2))
    return max(_SMALLEST, multiple * _SMALLEST)
