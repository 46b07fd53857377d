"""What every dataset must do: inherit `DatasetContract` in a test and give it a dataset."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from catta.tasks import Dataset, ImageDataset
from catta.tasks.built_in import BUILT_IN
from catta.tasks.datasets import tasks_of
from catta.tasks.known_tasks import find_task, task_names
from catta.tasks.preparation import opened
from catta.tasks.sources import Part, Samples, Source
from catta.tasks.splits import split
from catta.tasks.targets import END, START, UNJUDGED
from catta.tasks.text_source import UncutText

_PARTS: tuple[Part, Part] = ("train", "test")


class DatasetContract:
    """Behaviour that the preparation of data relies on, for one task of a dataset.

    Subclasses override the fixture `dataset`; a small one, or a small directory of a large one,
    makes the tests quick.

    Attributes:
        task: The task it is opened for.
        size: Height and width of the images, or tokens of a sample.
        most: Samples of each part that are looked at.
        alike: Largest number of test samples that may equal a training sample.
    """

    task = "img-classification"
    size = 32
    most = 256
    alike = 0

    @pytest.fixture
    def dataset(self) -> Dataset | ImageDataset:
        """The dataset that is tested."""
        raise NotImplementedError

    @pytest.fixture
    def directory(self) -> Path | None:
        """Where its files are; None where it finds them by itself."""
        return None

    @pytest.fixture
    def open_it(
        self, dataset: Dataset | ImageDataset, directory: Path | None
    ) -> Callable[[], Source]:
        """Opens the dataset."""

        def open_it() -> Source:
            source = opened(dataset, self.task, directory)
            return source.cut(self.size) if isinstance(source, UncutText) else source

        return open_it

    @pytest.fixture
    def source(self, open_it: Callable[[], Source]) -> Source:
        """The dataset, opened."""
        return open_it()

    def some(self, source: Source, part: Part) -> NDArray[np.int64]:
        """Indices of the samples that are looked at, from first to last."""
        count = source.count(part)
        return np.unique(np.linspace(0, count - 1, min(count, self.most)).astype(np.int64))

    def test_it_says_what_it_is(self, dataset: Dataset | ImageDataset) -> None:
        """It is for the task, has an origin, and knows whether it is there."""
        assert self.task in tasks_of(dataset)
        assert set(tasks_of(dataset)) <= set(task_names())
        assert dataset.origin
        assert isinstance(dataset.present(), bool)

    def test_it_has_a_name_outputs_and_samples(self, source: Source) -> None:
        """Both parts have samples, and names are for all outputs or for none."""
        assert source.name
        assert source.outputs >= (2 if self.task in BUILT_IN else 1)
        assert source.count("train") >= 2
        assert source.count("test") >= 1
        assert len(source.words) in (0, source.outputs)

    def test_every_training_sample_has_a_stratum(self, source: Source) -> None:
        """So that splits keep the shares of each."""
        strata = source.strata()
        assert strata.dtype == np.int64
        assert strata.shape == (source.count("train"),)

    def test_samples_have_the_shapes_and_types_of_the_task(self, source: Source) -> None:
        """As the table in `catta.tasks.sources` says; of a task of one's own only the inputs."""
        for part in _PARTS:
            indices = self.some(source, part)
            samples = source.read(part, indices, self.size)
            assert set(samples) == {"x", *find_task(self.task).targets}
            for name, array in samples.items():
                assert len(array) == len(indices), name
            check = _CHECKS.get(self.task, _images if find_task(self.task).images else _arrays)
            check(samples, source.outputs, self.size)

    def test_the_same_samples_come_in_any_chunks_and_order(self, source: Source) -> None:
        """What is read does not depend on what is read with it."""
        for part in _PARTS:
            indices = self.some(source, part)
            whole = source.read(part, indices, self.size)
            order = np.random.default_rng(0).permutation(len(indices))
            for chunk in np.array_split(order, 3):
                samples = source.read(part, indices[chunk], self.size)
                for name, array in samples.items():
                    assert np.array_equal(array, whole[name][chunk]), name

    def test_opened_again_it_is_the_same(self, open_it: Callable[[], Source]) -> None:
        """Samples, strata and digest do not depend on when or by whom it is opened."""
        one, other = open_it(), open_it()
        assert one.digest() == other.digest()
        assert one.words == other.words
        assert np.array_equal(one.strata(), other.strata())
        for part in _PARTS:
            assert one.count(part) == other.count(part)
            indices = self.some(one, part)
            first, second = (source.read(part, indices, self.size) for source in (one, other))
            for name, array in first.items():
                assert np.array_equal(array, second[name]), name

    def test_no_test_sample_is_a_training_sample(self, source: Source) -> None:
        """Otherwise the test says nothing."""
        train, test = (
            source.read(part, self.some(source, part), self.size)["x"] for part in _PARTS
        )
        known = {sample.tobytes() for sample in train}
        assert sum(sample.tobytes() in known for sample in test) <= self.alike

    def test_training_and_validation_share_no_sample(self, source: Source) -> None:
        """Whatever the seed."""
        strata = source.strata()
        for seed in range(3):
            parts = split(
                strata, train_samples=len(strata), validation_samples=len(strata), seed=seed
            )
            assert not set(parts.train.tolist()) & set(parts.validation.tolist())

    def test_images_have_a_scale(self, source: Source) -> None:
        """A mean in 0..1 and a positive deviation of each channel."""
        if not find_task(self.task).images:
            return
        indices = self.some(source, "train")
        scale = source.measure(indices, self.size)
        channels = source.read("train", indices[:1], self.size)["x"].shape[1]
        assert len(scale.mean) == len(scale.std) == channels
        assert all(0 <= mean <= 1 for mean in scale.mean)
        assert all(deviation > 0 for deviation in scale.std)


def _arrays(samples: Samples, outputs: int, size: int) -> None:
    assert samples["x"].dtype in (np.float32, np.int64)


def _images(samples: Samples, outputs: int, size: int) -> None:
    x = samples["x"]
    assert x.dtype == np.uint8
    assert x.shape[1] in (1, 3)
    assert x.shape[2:] == (size, size)


def _between(array: NDArray[Any], low: int, high: int) -> None:
    assert low <= array.min() <= array.max() < high


def _classification(samples: Samples, outputs: int, size: int) -> None:
    _images(samples, outputs, size)
    y = samples["y"]
    assert y.dtype == np.int64
    assert y.ndim == 1
    _between(y, 0, outputs)


def _segmentation(samples: Samples, outputs: int, size: int) -> None:
    _images(samples, outputs, size)
    y = samples["y"]
    assert y.dtype == np.uint8
    assert y.shape[1:] == (size, size)
    _between(np.where(y == UNJUDGED, 0, y), 0, outputs)


def _detection(samples: Samples, outputs: int, size: int) -> None:
    _images(samples, outputs, size)
    boxes, labels = samples["boxes"], samples["labels"]
    assert boxes.dtype == np.float32
    assert labels.dtype == np.int64
    assert boxes.shape == (*labels.shape, 4)
    _between(labels, 0, outputs)
    there = boxes[labels > 0]
    assert there.min() >= 0
    assert there.max() <= size
    assert (there[:, 2:] > there[:, :2]).all()


def _captioning(samples: Samples, outputs: int, size: int) -> None:
    _images(samples, outputs, size)
    captions = samples["captions"]
    assert captions.dtype == np.int64
    assert captions.ndim == 3
    _between(captions, 0, outputs)
    assert (captions[:, 0, 0] == START).all()
    assert (captions[:, 0] == END).any(axis=1).all()


def _text(samples: Samples, outputs: int, size: int) -> None:
    x, y = samples["x"], samples["y"]
    assert x.dtype == y.dtype == np.int64
    assert x.shape == y.shape == (len(x), size)
    _between(x, 0, outputs)
    _between(y, 0, outputs)
    assert np.array_equal(x[:, 1:], y[:, :-1])


_CHECKS: Mapping[str, Callable[[Samples, int, int], None]] = MappingProxyType(
    {
        "img-classification": _classification,
        "img-segmentation": _segmentation,
        "obj-detection": _detection,
        "img-captioning": _captioning,
        "txt-generation": _text,
    }
)
