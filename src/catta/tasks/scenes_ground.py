"""The ground of a scene: a dull colour, uneven, with or without a pattern."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_PERIODS = (8, 25)
_COARSE = 6
_COLOURS = (20, 130)
_HUE = 18
_CONTRAST = 24
_NOISE = 17

_Pattern = Callable[[NDArray[np.intp], int], NDArray[np.bool_] | NDArray[np.intp]]


def _plain(along: NDArray[np.intp], period: int) -> NDArray[np.intp]:
    return np.zeros((len(along), 1), np.intp)


def _striped(along: NDArray[np.intp], period: int) -> NDArray[np.bool_]:
    return (along % period < period // 2)[:, None]


def _checked(along: NDArray[np.intp], period: int) -> NDArray[np.bool_]:
    half = along % period < period // 2
    return half[:, None] ^ half


def _spotted(along: NDArray[np.intp], period: int) -> NDArray[np.bool_]:
    squares = (along % period - period // 2) ** 2
    return squares[:, None] + squares < (period / 3) ** 2


_PATTERNS: tuple[tuple[str, _Pattern], ...] = (
    ("plain", _plain),
    ("striped", _striped),
    ("checked", _checked),
    ("spotted", _spotted),
)

GROUNDS = tuple(name for name, _ in _PATTERNS)
"""Names of the patterns."""


def drawn_ground(random: np.random.Generator, size: int) -> tuple[NDArray[np.uint8], str]:
    """Pixels (size, size, 3) and the name of the pattern."""
    name, pattern = _PATTERNS[random.integers(len(_PATTERNS))]
    along = np.arange(size) + random.integers(size)
    relief = pattern(along, int(random.integers(*_PERIODS)))
    if random.integers(2):
        relief = relief.T
    colour = random.integers(*_COLOURS) + random.integers(-_HUE, _HUE + 1, 3)
    coarse = random.integers(0, 256, (_COARSE, _COARSE, 3), np.uint8)
    clouds = Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC)
    noise = random.integers(0, _NOISE, (size, size), np.uint8)
    # Channel by channel and in bytes, which is quick; the numbers stay in 0..255.
    planes = np.asarray(clouds).transpose(2, 0, 1) >> 2
    uneven = noise + relief.astype(np.uint8) * np.uint8(_CONTRAST)
    ground = np.add(planes, uneven, dtype=np.uint8)
    ground += colour.astype(np.uint8)[:, None, None]
    return ground.transpose(1, 2, 0), name
