"""The suite for datasets, held against datasets of Catta and against faulty ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from catta.tasks import Dataset, ImageDataset, RawImages, find_dataset
from catta.tasks.digits import DIGITS
from catta.tasks.image_folder import IMAGE_FOLDER
from catta.tasks.sources import Source
from catta.tasks.text import TEXT
from catta.testing.dataset import DatasetContract


class TestDigits(DatasetContract):
    size = 8

    @pytest.fixture
    def dataset(self) -> ImageDataset:
        return DIGITS


class TestImageFolder(DatasetContract):
    size = 16

    @pytest.fixture
    def dataset(self) -> Dataset:
        return IMAGE_FOLDER

    @pytest.fixture
    def directory(self, tmp_path: Path) -> Path:
        random = np.random.default_rng(0)
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            for number in range(20):
                pixels = random.integers(0, 256, (20, 30, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(tmp_path / name / f"{number}.png")
        return tmp_path


class TestText(DatasetContract):
    task = "txt-generation"
    size = 20

    @pytest.fixture
    def dataset(self) -> Dataset:
        return TEXT

    @pytest.fixture
    def directory(self, tmp_path: Path) -> Path:
        path = tmp_path / "a.txt"
        path.write_text(" ".join(str(number**2) for number in range(1_000)))
        return path


class Scenes(DatasetContract):
    size = 64
    most = 16

    @pytest.fixture
    def dataset(self) -> Dataset | ImageDataset:
        return find_dataset("scenes-digits")


class TestObjects(Scenes):
    task = "obj-detection"


class TestMasks(Scenes):
    task = "img-segmentation"


class TestCaptions(Scenes):
    task = "img-captioning"


def shared(raw: RawImages) -> RawImages:
    return replace(raw, test_x=raw.train_x[: len(raw.test_x)])


def changing(raw: RawImages) -> RawImages:
    raw.train_x[0] = np.random.default_rng().integers(0, 256, raw.train_x[0].shape)
    return raw


def unnamed_class(raw: RawImages) -> RawImages:
    return replace(raw, words=("zero", "one"))


class Faulty:
    classes, channels, origin = 10, 1, "digits, spoilt"

    def __init__(self, spoil: Callable[[RawImages], RawImages]) -> None:
        self.spoil = spoil

    def present(self) -> bool:
        return True

    def load(self, directory: Path | None, progress: object = None) -> RawImages:
        return self.spoil(DIGITS.load(directory))


@pytest.mark.parametrize(
    ("spoil", "test"),
    [
        (shared, "test_no_test_sample_is_a_training_sample"),
        (changing, "test_opened_again_it_is_the_same"),
        (unnamed_class, "test_it_has_a_name_outputs_and_samples"),
    ],
)
def test_a_faulty_dataset_fails(spoil: Callable[[RawImages], RawImages], test: str) -> None:
    from catta.tasks.preparation import opened

    def open_it() -> Source:
        return opened(Faulty(spoil), "img-classification")

    contract = TestDigits()
    with pytest.raises(AssertionError):
        getattr(contract, test)(open_it if "again" in test else open_it())
