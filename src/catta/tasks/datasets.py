"""What a dataset of labelled images is, and which ones there are.

A package adds one with an entry point of the group `catta.datasets`: its name is the dataset's, its
object is an `ImageDataset`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from catta.errors import UsageError
from catta.fetch import Progress

GROUP = "catta.datasets"

_BUILT_IN: Mapping[str, str] = MappingProxyType(
    {
        "fashion-mnist": "catta.tasks.mnist:FASHION_MNIST",
        "mnist": "catta.tasks.mnist:MNIST",
        "cifar-10": "catta.tasks.colour:CIFAR_10",
        "cifar-100": "catta.tasks.colour:CIFAR_100",
        "svhn": "catta.tasks.colour:SVHN",
        "digits": "catta.tasks.digits:DIGITS",
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class RawImages:
    """A dataset as it was published: pixels 0..255 and labels 0..classes-1.

    Attributes:
        name: The dataset that this is; another one than was asked for after a fallback.
        classes: Number of classes.
        train_x: (N, C, H, W) of uint8.
        train_y: (N,) of int64.
        test_x: (M, C, H, W) of uint8.
        test_y: (M,) of int64.
        note: One line for the user, if a fallback was taken.
    """

    name: str
    classes: int
    train_x: NDArray[np.uint8]
    train_y: NDArray[np.int64]
    test_x: NDArray[np.uint8]
    test_y: NDArray[np.int64]
    note: str | None = None


class ImageDataset(Protocol):
    """A dataset of labelled images, with a training and a test part."""

    @property
    def classes(self) -> int:
        """Number of classes."""
        ...

    @property
    def channels(self) -> int:
        """Channels of an image: 1 or 3."""
        ...

    @property
    def origin(self) -> str:
        """Where it comes from, in a few words."""
        ...

    def present(self) -> bool:
        """Whether it can be loaded now without the network; cheap, nothing is verified."""
        ...

    def load(self, directory: Path | None, progress: Progress | None = None) -> RawImages:
        """Read the images from `directory`, or from where they are found or can be fetched.

        Raises:
            UsageError: `directory` does not hold this dataset.
            FetchError: The dataset cannot be obtained or is damaged.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class DatasetInfo:
    """One line of the list of datasets."""

    name: str
    classes: int
    channels: int
    origin: str
    present: bool


def dataset_names() -> tuple[str, ...]:
    """Names of all datasets: those of Catta, then those of other installed packages."""
    return (*_BUILT_IN, *sorted(_plugins()))


def find_dataset(name: str) -> ImageDataset:
    """The dataset of that name.

    Raises:
        UsageError: There is none of that name, or the package that brings it cannot be loaded.
    """
    built_in = _BUILT_IN.get(name)
    if built_in is not None:
        module, _, attribute = built_in.partition(":")
        return cast("ImageDataset", getattr(import_module(module), attribute))
    plugin = _plugins().get(name)
    if plugin is None:
        raise UsageError(f"dataset must be one of {', '.join(dataset_names())}, not {name!r}")
    try:
        return cast("ImageDataset", plugin.load())
    except (ImportError, AttributeError) as error:
        raise UsageError(f"dataset {name!r} ({plugin.value}) cannot be loaded: {error}") from error


def list_datasets() -> list[DatasetInfo]:
    """All datasets, with whether each is present now."""
    datasets = {name: find_dataset(name) for name in dataset_names()}
    return [
        DatasetInfo(
            name=name,
            classes=dataset.classes,
            channels=dataset.channels,
            origin=dataset.origin,
            present=dataset.present(),
        )
        for name, dataset in datasets.items()
    ]


def _plugins() -> dict[str, EntryPoint]:
    """Entry points by name; those of Catta itself cannot be replaced."""
    return {point.name: point for point in entry_points(group=GROUP) if point.name not in _BUILT_IN}
