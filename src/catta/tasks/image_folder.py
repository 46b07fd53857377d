"""A directory with one directory of images for each class, whose name is the class's."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from catta.errors import UsageError
from catta.fetch import Progress
from catta.tasks.datasets import with_content
from catta.tasks.image_files import SUFFIXES, ImageFileSource, Labelled
from catta.tasks.splits import stratified_subset

_TEST_SHARE = 0.2
_TEST_SEED = 0

ClassFiles = Mapping[str, Sequence[Path]]
"""Image files by class."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageFolder:
    """Images of one's own.

    Either `train/` beside `test/` or `val/` (with all three, `val/` is left alone), each with the
    directories of the classes; or only these, and then a fifth of each class, always the same,
    becomes the test part. How images are brought to one size is in `catta.tasks.image_files`.
    """

    tasks: tuple[str, ...] = ("img-classification",)
    channels: int = 3
    origin: str = "a directory with a directory of images for each class"

    def present(self) -> bool:
        """Never: it has to be named."""
        return False

    def open(
        self, task: str, directory: Path | None, progress: Progress | None = None
    ) -> ImageFileSource:
        """Find the images of a directory.

        Raises:
            UsageError: None was named, it has another layout, or a class has no images.
        """
        if directory is None:
            raise UsageError("the dataset image-folder needs a directory with one for each class")
        if not directory.is_dir():
            raise UsageError(f"the data directory {directory} does not exist")
        train = directory / "train"
        tests = [directory / name for name in ("test", "val")]
        test = next((place for place in tests if place.is_dir()), None)
        if train.is_dir() and test is not None:
            source = divided_folder("image-folder", find_classes(train), find_classes(test))
            return _with_content(source, directory)
        if train.is_dir():
            raise UsageError(f"{directory} has a directory train, but neither test nor val")
        return _with_content(_undivided(find_classes(directory)), directory)


def find_classes(place: Path) -> ClassFiles:
    """The image files below each directory of `place`, in order of path; others are left out.

    Raises:
        UsageError: There is no directory in it, or one without images.
    """
    directories = sorted(path for path in place.iterdir() if path.is_dir())
    classes = {path.name: _images(path) for path in directories if path.name[0] != "."}
    if len(classes) < 2:
        raise UsageError(f"{place} must hold a directory of images for each of two or more classes")
    for name, paths in classes.items():
        if not paths:
            raise UsageError(f"the class {name} has no images: {place / name} holds none")
    return classes


def divided_folder(
    name: str, train: ClassFiles, test: ClassFiles, words: Mapping[str, str] | None = None
) -> ImageFileSource:
    """A dataset of image files that are divided into training and test part.

    Args:
        name: Name of the dataset.
        train: Training images; classes are numbered in its order.
        test: Test images of the same classes.
        words: What a class is called, where its directory does not say it.

    Raises:
        UsageError: A class is in one part only.
    """
    for here, there, part in ((train, test, "test"), (test, train, "training")):
        for missing in here:
            if missing not in there:
                raise UsageError(f"the class {missing} of {name} has no {part} images")
    order = list(train)
    return ImageFileSource(
        name=name,
        words=tuple(words[entry] if words else entry for entry in order),
        train=_labelled(train, order),
        test=_labelled(test, order),
    )


def _undivided(classes: ClassFiles) -> ImageFileSource:
    for name, paths in classes.items():
        if len(paths) < 2:
            raise UsageError(f"the class {name} has one image: it needs one to test with as well")
    everything = _labelled(classes, list(classes))
    size = max(round(len(everything.y) * _TEST_SHARE), len(classes))
    test = np.sort(stratified_subset(everything.y, size, _TEST_SEED))
    train = np.setdiff1d(np.arange(len(everything.y)), test)
    parts = (
        Labelled(paths=[everything.paths[i] for i in part], y=everything.y[part])
        for part in (train, test)
    )
    return ImageFileSource(
        name="image-folder", words=tuple(classes), train=next(parts), test=next(parts)
    )


def _with_content(source: ImageFileSource, root: Path) -> ImageFileSource:
    """Named by the paths below `root` and the sizes of the files, which copies have too."""
    digest = hashlib.sha256()
    for part in (source.train, source.test):
        for path in part.paths:
            digest.update(f"{path.relative_to(root)}\0{path.stat().st_size}\0".encode())
        digest.update(b"\0")
    return replace(source, name=with_content(source.name, digest.hexdigest()))


def _images(place: Path) -> list[Path]:
    found = (path for path in place.rglob("*") if path.suffix.lower() in SUFFIXES)
    return sorted(path for path in found if path.is_file())


def _labelled(classes: ClassFiles, order: Sequence[str]) -> Labelled:
    paths = [path for name in order for path in classes[name]]
    counts = [len(classes[name]) for name in order]
    return Labelled(paths=paths, y=np.repeat(np.arange(len(order), dtype=np.int64), counts))


IMAGE_FOLDER = ImageFolder()
