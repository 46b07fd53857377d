"""Outputs side by side."""

from __future__ import annotations

import numpy as np
import pytest

from catta.errors import ExportError
from catta.export.comparing import agreement


def scores(*rows: list[float]) -> np.ndarray:
    return np.array(rows, np.float32)


def test_differences_and_classes_are_counted() -> None:
    found = agreement(
        scores([1, 0], [0, 4], [3, 2], [0, 1]), scores([1, 0.5], [0, 4], [2, 3], [0, 1])
    )
    assert (found.samples, found.max_abs, found.scale, found.top1) == (4, 1.0, 4.0, 0.75)


def test_of_pictures_each_pixel_counts_and_of_texts_each_token() -> None:
    pictures = np.zeros((2, 3, 4, 4), np.float32)
    pictures[:, 1] = 1
    other = pictures.copy()
    other[0, 2, 0, 0] = 2
    assert agreement(pictures, other).top1 == pytest.approx(1 - 1 / 32)
    texts = np.zeros((2, 5, 7), np.float32)
    texts[..., 3] = 1
    other = texts.copy()
    other[1, 4, 6] = 2
    assert agreement(texts, other).top1 == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("outputs", "said"),
    [(scores([1.0, 0.0, 0.0]), "shape"), (scores([np.nan, 0.0]), "not finite")],
)
def test_what_cannot_be_compared_is_refused(outputs: np.ndarray, said: str) -> None:
    with pytest.raises(ExportError, match=said):
        agreement(scores([1, 0]), outputs)
