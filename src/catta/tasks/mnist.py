"""MNIST and Fashion-MNIST, found or fetched by a chain of ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from torchvision import datasets as published

from catta.errors import FetchError, UsageError
from catta.fetch import Progress, debian_package
from catta.paths import cache_dir
from catta.tasks.datasets import ImageDataset, RawImages
from catta.tasks.digits import DIGITS
from catta.tasks.download import download, download_directory
from catta.tasks.idx import has_idx_files, read_idx_files


@dataclass(frozen=True, kw_only=True, slots=True)
class IdxDataset:
    """A dataset in four idx files.

    Attributes:
        name: Its name here.
        folder: torchvision's name of it, as a class and as a folder.
        url: Where torchvision downloads it from.
        debian: Debian's package of it and where that puts the files.
        fallback: What is used where it cannot be had.
    """

    name: str
    folder: str
    url: str
    debian: tuple[str, str] | None = None
    fallback: ImageDataset | None = None
    classes: int = 10
    channels: int = 1
    origin: str = ""

    def present(self) -> bool:
        """Whether its files lie in one of the known places."""
        return any(has_idx_files(place) for place in self._places())

    def load(self, directory: Path | None, progress: Progress | None = None) -> RawImages:
        """Read the images; see `ImageDataset.load`.

        Without a directory: Debian's files where installed, what was fetched before, torchvision's
        download, Debian's package, the fallback with a note.
        """
        if directory is not None:
            return self._given(directory)
        reasons: list[str] = []
        for place in self._places():
            if has_idx_files(place):
                try:
                    return self._read(place)
                except FetchError as error:
                    reasons.append(str(error))
        ways: list[Callable[[Progress | None], Path]] = [self._download]
        if self.debian is not None:
            ways.append(self._fetch_debian)
        for way in ways:
            try:
                return self._read(way(progress))
            except FetchError as error:
                reasons.append(str(error))
        reason = f"{self.name} could not be obtained ({'; '.join(reasons)})"
        if self.fallback is None:
            raise FetchError(f"{reason}; give a directory that holds its files")
        raw = self.fallback.load(None, progress)
        return replace(raw, note=f"{reason}, so {raw.name} is used instead")

    def _given(self, directory: Path) -> RawImages:
        if not directory.is_dir():
            raise UsageError(f"the data directory {directory} does not exist")
        for place in (directory, directory / "raw", directory / self.folder / "raw"):
            if has_idx_files(place):
                try:
                    return self._read(place)
                except FetchError as error:
                    raise UsageError(f"the data directory is unusable: {error}") from error
        raise UsageError(
            f"the data directory {directory} does not hold {self.name}: it needs "
            "train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz and "
            f"t10k-labels-idx1-ubyte.gz (or these unpacked), or torchvision's {self.folder}/raw"
        )

    def _places(self) -> list[Path]:
        places = [download_directory() / self.folder / "raw"]
        if self.debian is not None:
            package, files = self.debian
            places[:0] = [Path("/", files), _debian_directory() / package / files]
        return places

    def _read(self, directory: Path) -> RawImages:
        train_x, train_y, test_x, test_y = read_idx_files(directory)
        return RawImages(
            name=self.name,
            classes=self.classes,
            train_x=train_x,
            train_y=train_y,
            test_x=test_x,
            test_y=test_y,
        )

    def _download(self, progress: Progress | None) -> Path:
        dataset = getattr(published, self.folder)
        download(lambda root: dataset(root, download=True), url=self.url, progress=progress)
        return download_directory() / self.folder / "raw"

    def _fetch_debian(self, progress: Progress | None) -> Path:
        if self.debian is None:
            raise FetchError(f"Debian has no package of {self.name}")
        package, files = self.debian
        return debian_package(package, _debian_directory(), progress=progress) / files


def _debian_directory() -> Path:
    return cache_dir() / "debian"


FASHION_MNIST = IdxDataset(
    name="fashion-mnist",
    folder="FashionMNIST",
    url=f"{published.FashionMNIST.mirrors[0]}train-labels-idx1-ubyte.gz",
    debian=("dataset-fashion-mnist", "usr/share/datasets/fashion-mnist"),
    fallback=DIGITS,
    origin="Debian's dataset-fashion-mnist, or torchvision's download; otherwise digits",
)
MNIST = IdxDataset(
    name="mnist",
    folder="MNIST",
    url=f"{published.MNIST.mirrors[0]}train-labels-idx1-ubyte.gz",
    origin="torchvision's download",
)
