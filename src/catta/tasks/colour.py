"""CIFAR-10, CIFAR-100 and SVHN, read by torchvision from its own layout.

The Python version of CIFAR is a set of pickles. torchvision compares each file with the MD5 sum it
knows before it unpickles it, so only the published files are ever read, from whichever directory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray
from torchvision.datasets import CIFAR10, CIFAR100
from torchvision.datasets import SVHN as TORCHVISION_SVHN

from catta.errors import FetchError, UsageError
from catta.fetch import Progress
from catta.tasks.datasets import RawImages
from catta.tasks.download import download, download_directory

_Part = tuple[NDArray[np.uint8], NDArray[np.int64]]


@dataclass(frozen=True, kw_only=True, slots=True)
class TorchvisionDataset:
    """A dataset of colour images of 32x32 pixels that torchvision knows.

    Attributes:
        name: Its name here.
        classes: Number of classes.
        url: Where torchvision downloads it from.
        layout: What must lie in a directory that holds it.
        read: Reads the training (True) or test part from a directory, and may download it first.
    """

    name: str
    classes: int
    url: str
    layout: tuple[str, ...]
    read: Callable[[Path, bool, bool], _Part]
    channels: int = 3
    origin: str = "torchvision's download"

    def present(self) -> bool:
        """Whether it was downloaded before."""
        return self._is_in(download_directory())

    def load(self, directory: Path | None, progress: Progress | None = None) -> RawImages:
        """Read the images; see `ImageDataset.load`."""
        if directory is not None:
            if not directory.is_dir():
                raise UsageError(f"the data directory {directory} does not exist")
            if not self._is_in(directory):
                wanted = " and ".join(self.layout)
                raise UsageError(
                    f"the data directory {directory} does not hold {self.name}: it needs {wanted}"
                )
            try:
                return self._read(directory)
            except FetchError as error:
                raise UsageError(str(error)) from error
        root = download_directory()
        if self._is_in(root):
            try:
                return self._read(root)
            except FetchError:  # damaged in the cache: fetched again
                pass
        try:
            download(self._download, url=self.url, progress=progress)
        except FetchError as error:
            raise FetchError(
                f"{self.name} could not be obtained ({error}); give a directory that holds it"
            ) from error
        return self._read(root)

    def _is_in(self, directory: Path) -> bool:
        return all((directory / entry).exists() for entry in self.layout)

    def _download(self, root: Path) -> None:
        self.read(root, True, True)
        self.read(root, False, True)

    def _read(self, directory: Path) -> RawImages:
        try:
            train_x, train_y = self.read(directory, True, False)
            test_x, test_y = self.read(directory, False, False)
        except (RuntimeError, OSError, ValueError) as error:
            raise FetchError(
                f"{self.name} in {directory} is incomplete or damaged: {error}"
            ) from error
        return RawImages(
            name=self.name,
            classes=self.classes,
            train_x=train_x,
            train_y=train_y,
            test_x=test_x,
            test_y=test_y,
        )


def _cifar(dataset: type[CIFAR10]) -> Callable[[Path, bool, bool], _Part]:
    def read(root: Path, train: bool, fetch: bool) -> _Part:
        part = dataset(root, train=train, download=fetch)
        pixels = np.ascontiguousarray(np.asarray(part.data, np.uint8).transpose(0, 3, 1, 2))
        return pixels, np.asarray(part.targets, np.int64)

    return read


def _svhn(root: Path, train: bool, fetch: bool) -> _Part:
    part = TORCHVISION_SVHN(str(root), split="train" if train else "test", download=fetch)
    pixels = np.ascontiguousarray(cast("NDArray[np.uint8]", part.data))
    return pixels, np.asarray(part.labels, np.int64)


CIFAR_10 = TorchvisionDataset(
    name="cifar-10",
    classes=10,
    url=CIFAR10.url,
    layout=("cifar-10-batches-py",),
    read=_cifar(CIFAR10),
)
CIFAR_100 = TorchvisionDataset(
    name="cifar-100",
    classes=100,
    url=CIFAR100.url,
    layout=("cifar-100-python",),
    read=_cifar(CIFAR100),
)
SVHN = TorchvisionDataset(
    name="svhn",
    classes=10,
    url=TORCHVISION_SVHN.split_list["train"][0],
    layout=("train_32x32.mat", "test_32x32.mat"),
    read=_svhn,
)
