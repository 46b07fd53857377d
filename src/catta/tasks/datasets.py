"""What a dataset is, and which ones there are.

A package adds one with an entry point of the group `catta.datasets`: its name is the dataset's, its
object is an `ImageDataset`, which is all that labelled images need, or a `Dataset`. A program adds
one with `register_dataset`.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from catta.errors import CattaError, UsageError
from catta.fetch import Progress

if TYPE_CHECKING:
    from catta.tasks.sources import Source

GROUP = "catta.datasets"

LABELLED_IMAGES = "img-classification"
"""The task of an `ImageDataset`."""

_BUILT_IN: Mapping[str, str] = MappingProxyType(
    {
        "fashion-mnist": "catta.tasks.mnist:FASHION_MNIST",
        "mnist": "catta.tasks.mnist:MNIST",
        "cifar-10": "catta.tasks.colour:CIFAR_10",
        "cifar-100": "catta.tasks.colour:CIFAR_100",
        "svhn": "catta.tasks.colour:SVHN",
        "digits": "catta.tasks.digits:DIGITS",
        "image-folder": "catta.tasks.image_folder:IMAGE_FOLDER",
        "imagenette": "catta.tasks.imagenette:IMAGENETTE",
        "celeba-gender": "catta.tasks.celeba:CELEBA_GENDER",
        "places365": "catta.tasks.places:PLACES365",
        "text": "catta.tasks.text:TEXT",
        "python-docs": "catta.tasks.python_docs:PYTHON_DOCS",
        "wikitext-2": "catta.tasks.wikitext:WIKITEXT_2",
        "wikitext-103": "catta.tasks.wikitext:WIKITEXT_103",
        "scenes": "catta.tasks.scenes:SCENES",
        "scenes-digits": "catta.tasks.scenes:SCENES_OF_DIGITS",
        "openclipart": "catta.tasks.scenes_clipart:OPENCLIPART",
        "coco": "catta.tasks.coco:COCO",
        "voc": "catta.tasks.voc:VOC",
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
        words: Names of the classes, where they have some.
    """

    name: str
    classes: int
    train_x: NDArray[np.uint8]
    train_y: NDArray[np.int64]
    test_x: NDArray[np.uint8]
    test_y: NDArray[np.int64]
    note: str | None = None
    words: tuple[str, ...] = ()


class Dataset(Protocol):
    """A dataset that serves one or several tasks, with a training and a test part."""

    @property
    def tasks(self) -> tuple[str, ...]:
        """LEMUR's names of the tasks it is for."""
        ...

    @property
    def origin(self) -> str:
        """Where it comes from, in a few words."""
        ...

    def present(self) -> bool:
        """Whether it can be opened now without the network; cheap, nothing is verified."""
        ...

    def open(self, task: str, directory: Path | None, progress: Progress | None = None) -> Source:
        """Open it for one of its tasks, from `directory` or from where it is found or fetched.

        Raises:
            UsageError: `directory` does not hold this dataset.
            FetchError: The dataset cannot be obtained or is damaged.
        """
        ...


class ImageDataset(Protocol):
    """A dataset of labelled images, small enough for the memory: the simple kind of a `Dataset`."""

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
    """One line of the list of datasets; classes and channels where one number says it."""

    name: str
    tasks: tuple[str, ...]
    classes: int | None
    channels: int | None
    origin: str
    present: bool


_registered: dict[str, Dataset | ImageDataset] = {}


def register_dataset(name: str, dataset: Dataset | ImageDataset) -> None:
    """Make a dataset known in this process; one registered under this name before is replaced.

    Raises:
        UsageError: A dataset of Catta has this name, or the object is no dataset.
    """
    if name in _BUILT_IN:
        raise UsageError(f"the dataset {name!r} is Catta's own and cannot be replaced")
    if not (hasattr(dataset, "open") or hasattr(dataset, "load")):
        raise UsageError(f"the object registered as dataset {name!r} has no method open or load")
    _registered[name] = dataset


def registered_datasets() -> dict[str, Dataset | ImageDataset]:
    """What was registered in this process, by name."""
    return dict(_registered)


def dataset_names() -> tuple[str, ...]:
    """Names of all datasets: Catta's, then those of installed packages and registered ones."""
    return (*_BUILT_IN, *sorted({*_plugins(), *_registered}))


def find_dataset(name: str) -> Dataset | ImageDataset:
    """The dataset of that name; what stands behind an `@` says what it holds, see `expect_content`.

    Raises:
        UsageError: There is none of that name, or the package that brings it cannot be loaded.
    """
    built_in = _BUILT_IN.get(name.partition("@")[0])
    if built_in is not None:
        module, _, attribute = built_in.partition(":")
        return cast("Dataset | ImageDataset", getattr(import_module(module), attribute))
    if name in _registered:
        return _registered[name]
    plugin = _plugins().get(name)
    if plugin is None:
        raise UsageError(f"dataset must be one of {', '.join(dataset_names())}, not {name!r}")
    try:
        return cast("Dataset | ImageDataset", plugin.load())
    except (ImportError, AttributeError) as error:
        raise UsageError(f"dataset {name!r} ({plugin.value}) cannot be loaded: {error}") from error


def with_content(name: str, digest: str) -> str:
    """Name of a dataset that holds whatever the user's directory does: `NAME@<hash>`.

    Under a name alone, what was measured on one directory would count for every other one.
    """
    return f"{name}@{digest[:12]}"


def expect_content(wanted: str, found: str) -> None:
    """Require that a dataset holds what its name says, if it says anything.

    Args:
        wanted: The name that was asked for.
        found: The name of what was opened.

    Raises:
        UsageError: It holds something else.
    """
    name, mark, _ = wanted.partition("@")
    if mark and name in _BUILT_IN and wanted != found:
        raise UsageError(f"the data are not those of {wanted}: they are {found}")


@contextmanager
def named_failures(name: str) -> Generator[None]:
    """Turn what the code of a dataset of the user's raises into a `UsageError` that names it."""
    try:
        yield
    except CattaError:
        raise
    except Exception as error:
        if name.partition("@")[0] in _BUILT_IN:
            raise
        raise UsageError(f"the dataset {name} failed: {type(error).__name__}: {error}") from error


def tasks_of(dataset: Dataset | ImageDataset) -> tuple[str, ...]:
    """What a dataset is for."""
    return getattr(dataset, "tasks", (LABELLED_IMAGES,))


def list_datasets() -> list[DatasetInfo]:
    """All datasets, with whether each is present now."""
    datasets: dict[str, Any] = {name: find_dataset(name) for name in dataset_names()}
    return [
        DatasetInfo(
            name=name,
            tasks=tasks_of(dataset),
            classes=getattr(dataset, "classes", None),
            channels=getattr(dataset, "channels", None),
            origin=dataset.origin,
            present=dataset.present(),
        )
        for name, dataset in datasets.items()
    ]


def _plugins() -> dict[str, EntryPoint]:
    """Entry points by name; those of Catta itself cannot be replaced."""
    return {point.name: point for point in entry_points(group=GROUP) if point.name not in _BUILT_IN}
