from __future__ import annotations

import numpy as np
import pytest

from catta.tasks.images import measure, normalised, resize


def random_images(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def test_mean_and_deviation_are_those_of_each_channel() -> None:
    x = random_images(7, 3, 5, 4)
    found = measure(x)
    assert np.allclose(found.mean, (x / 255).mean((0, 2, 3)))
    assert np.allclose(found.std, (x / 255).std((0, 2, 3)))


def test_a_constant_channel_is_not_divided_by_zero() -> None:
    x = np.full((2, 1, 4, 4), 51, np.uint8)
    assert measure(x).std == (1.0,)
    assert np.allclose(normalised(x, measure(x)), 0)


@pytest.mark.parametrize("size", [28, 29, 31])
def test_slightly_small_images_get_a_black_border(size: int) -> None:
    x = random_images(3, 1, size, size) | 1
    padded = resize(x, 32)
    assert padded.shape == (3, 1, 32, 32)
    start = (32 - size) // 2
    assert np.array_equal(padded[:, :, start : start + size, start : start + size], x)
    assert np.count_nonzero(padded) == x.size


@pytest.mark.parametrize(("height", "width"), [(8, 8), (64, 64), (27, 27), (28, 64), (36, 30)])
def test_other_sizes_are_resized_and_keep_their_brightness(height: int, width: int) -> None:
    x = np.broadcast_to(
        np.array([10, 100, 200], np.uint8)[:, None, None, None], (3, 1, height, width)
    )
    assert np.array_equal(resize(x, 32), np.broadcast_to(x[:, :, :1, :1], (3, 1, 32, 32)))


def test_the_right_size_stays_as_it_is() -> None:
    x = random_images(2, 3, 16, 16)
    assert np.array_equal(resize(x, 16), x)


def test_each_channel_is_normalised() -> None:
    x = random_images(10, 3, 8, 8)
    whole = normalised(x, measure(x))
    assert whole.dtype == np.float32
    assert np.allclose(whole.mean((0, 2, 3)), 0, atol=1e-5)
    assert np.allclose(whole.std((0, 2, 3)), 1, atol=1e-5)
