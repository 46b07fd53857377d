"""Recipes with a transform get raw pixels and the scale that a transform normalises by."""

from __future__ import annotations

import numpy as np
import pytest

from catta.errors import UsageError
from catta.records import Recipe
from catta.tasks import PreparedData, prepare

PLAIN = Recipe(dataset="digits", train_samples=200, validation_samples=100, resolution=32)
RAW = PLAIN.model_copy(update={"transform": "echo_64"})


def load(data: PreparedData, name: str) -> np.ndarray:
    return np.load(data.inputs / f"{name}.npy", allow_pickle=False)


def test_pixels_are_bytes_of_the_dataset_s_own_size_with_their_scale_beside_them() -> None:
    data, plain = prepare(RAW), prepare(PLAIN.model_copy(update={"resolution": 8}))
    images, (mean, std) = load(data, "train_x"), load(data, "norm")
    assert (images.dtype, images.shape) == (np.uint8, (200, 1, 8, 8))
    assert data.problem.sample == (1, 8, 8)
    assert mean == pytest.approx((images / 255).mean(), abs=1e-5)
    assert std == pytest.approx((images / 255).std(), abs=1e-5)
    scaled = (images.astype(np.float32) / 255 - mean[0]) / std[0]
    assert np.allclose(scaled, load(plain, "train_x"), atol=1e-5)
    assert np.array_equal(data.validation_y, plain.validation_y)


def test_transforms_share_the_pixels_and_plain_recipes_have_their_own() -> None:
    other = RAW.model_copy(update={"transform": "norm_32", "resolution": 64})
    assert prepare(RAW).inputs == prepare(other).inputs
    assert prepare(RAW).inputs != prepare(PLAIN).inputs
    assert not (prepare(PLAIN).inputs / "norm.npy").exists()


def test_a_scale_that_is_gone_is_measured_anew() -> None:
    place = prepare(RAW).inputs / "norm.npy"
    before = place.read_bytes()
    place.unlink()
    assert prepare(RAW).inputs / "norm.npy" == place
    assert place.read_bytes() == before


def test_masks_keep_the_size_of_the_raw_images() -> None:
    recipe = Recipe(
        task="img-segmentation",
        dataset="scenes",
        resolution=64,
        train_samples=10,
        validation_samples=10,
        metric="iou",
        transform="echo_128",
    )
    data = prepare(recipe)
    assert load(data, "train_x").shape == (10, 3, 64, 64)
    assert load(data, "train_x").dtype == np.uint8
    assert data.validation["y"].shape == (10, 64, 64)


def test_texts_take_no_transform() -> None:
    recipe = Recipe(task="txt-generation", dataset="python-docs", transform="echo_64")
    with pytest.raises(UsageError, match="takes no transform; echo_64 is for images"):
        prepare(recipe)
