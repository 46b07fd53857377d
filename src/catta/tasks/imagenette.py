"""Imagenette: ten classes of ImageNet that are easily told apart, as fast.ai published them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from catta.errors import FetchError, UsageError
from catta.fetch import Progress
from catta.tasks.download import download, download_directory
from catta.tasks.image_files import ImageFileSource
from catta.tasks.image_folder import divided_folder, find_classes

_SIZE = "320px"
_FOLDERS = ("imagenette2-320", "imagenette2", "imagenette2-160")
_URL = "https://s3.amazonaws.com/fast-ai-imageclas/imagenette2-320.tgz"
_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "n01440764": "tench",
        "n02102040": "English springer",
        "n02979186": "cassette player",
        "n03000684": "chain saw",
        "n03028079": "church",
        "n03394916": "French horn",
        "n03417042": "garbage truck",
        "n03425413": "gas pump",
        "n03445777": "golf ball",
        "n03888257": "parachute",
    }
)
"""WordNet identifiers of the classes, which are the names of directories, and their names."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Imagenette:
    """Photographs; `val/` is the test part. How they become squares: `catta.tasks.image_files`."""

    tasks: tuple[str, ...] = ("img-classification",)
    classes: int = len(_WORDS)
    channels: int = 3
    origin: str = "torchvision's download (shorter side 320 pixels)"

    def present(self) -> bool:
        """Whether it was downloaded before, in any of its three sizes."""
        return _find(download_directory()) is not None

    def open(
        self, task: str, directory: Path | None, progress: Progress | None = None
    ) -> ImageFileSource:
        """Find the images; see `Dataset.open`."""
        if directory is not None:
            if not directory.is_dir():
                raise UsageError(f"the data directory {directory} does not exist")
            place = _find(directory)
            if place is None:
                raise UsageError(
                    f"the data directory {directory} does not hold imagenette: it needs train and "
                    f"val, or one of {', '.join(_FOLDERS)} with these"
                )
            return _read(place)
        if not self.present():
            try:
                download(_fetch, url=_URL, progress=progress)
            except FetchError as error:
                raise FetchError(
                    f"imagenette could not be obtained ({error}); give a directory that holds it"
                ) from error
        place = _find(download_directory())
        if place is None:
            raise FetchError("the download of imagenette lacks its directories train and val")
        return _read(place)


def _find(directory: Path) -> Path | None:
    for place in (directory, *(directory / folder for folder in _FOLDERS)):
        if (place / "train").is_dir() and (place / "val").is_dir():
            return place
    return None


def _read(place: Path) -> ImageFileSource:
    train, test = find_classes(place / "train"), find_classes(place / "val")
    for name in (*train, *test):
        if name not in _WORDS:
            raise UsageError(f"{place} does not hold imagenette: {name} is none of its classes")
    for name in _WORDS:
        if name not in train:
            raise UsageError(f"the class {name} of imagenette has no images in {place / 'train'}")
    return divided_folder("imagenette", train, test, _WORDS)


def _fetch(root: Path) -> None:
    from torchvision import datasets  # as slow as torch, and needed once on a machine

    datasets.Imagenette(root, size=_SIZE, download=True)
    (root / "imagenette2-320.tgz").unlink(missing_ok=True)


IMAGENETTE = Imagenette()
