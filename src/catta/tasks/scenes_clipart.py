"""Scenes of clip art: Debian's package `openclipart-png`, or any directory of folders of PNG files.

The package takes 155 MB, so it is used where it is installed and never fetched from here. Its
folders are the classes. Clip art has colours of its own; what it shows has no names that a sentence
could be made of, so there are no captions.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from catta.errors import FetchError, UsageError
from catta.fetch import Progress
from catta.tasks.objects import with_background
from catta.tasks.scenes import SceneSource
from catta.tasks.scenes_cutouts import Cutout
from catta.tasks.scenes_targets import boxes_of_scenes, masks_of_scenes
from catta.tasks.sources import Part

INSTALLED = Path("/usr/share/openclipart")

MOST_CLASSES = 10

_LARGEST = 64
"""Height or width in pixels at which clip art is kept in memory, no less than scenes need."""

_KEPT = 10_000
"""Pictures that are kept in memory, 16 kB each."""

_MOST_PIXELS = 4_000_000
"""Larger pictures are left out: a few of the package's have up to 600 million pixels, on which
scenes would wait for seconds and gigabytes."""

_OPAQUE = 128

_TEST_EVERY = 5
"""Each fifth picture of a class is for test scenes."""


@dataclass(frozen=True, slots=True)
class ClipArtCutouts:
    """Pictures with transparency in files, in classes; see `Cutouts`."""

    names: tuple[str, ...]
    files: Mapping[Part, tuple[tuple[Path, ...], ...]]
    tinted: bool = False

    def digest(self) -> str:
        """Hash of the names and sizes of all files."""
        digest = hashlib.sha256()
        for part, classes in sorted(self.files.items()):
            for kind, files in zip(self.names, classes, strict=True):
                for path in files:
                    line = f"{part}/{kind}/{path.name}:{path.stat().st_size}\n"
                    digest.update(line.encode())
        return digest.hexdigest()

    def cut(
        self, part: Part, kind: int, choice: float, side: int, tint: NDArray[np.float64]
    ) -> Cutout:
        """See `Cutouts`; the tint is left alone."""
        files = self.files[part][kind]
        picture = _picture(files[int(choice * len(files))])
        scale = side / max(picture.size)
        shape = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        pixels = np.asarray(picture.resize(shape, Image.Resampling.BILINEAR))
        return Cutout(pixels=pixels[:, :, :3], mask=pixels[:, :, 3] >= _OPAQUE)


@dataclass(frozen=True, kw_only=True, slots=True)
class ClipArt:
    """The dataset of scenes of clip art.

    Attributes:
        installed: Where Debian's package puts its files.
        seed: Another seed gives other scenes.
    """

    installed: Path = INSTALLED
    seed: int = 0
    name: str = "openclipart"
    origin: str = "composed here of Debian's openclipart-png, where it is installed"
    tasks: tuple[str, ...] = ("obj-detection", "img-segmentation")

    def present(self) -> bool:
        """Whether the package is installed."""
        return self.installed.is_dir()

    def open(
        self, task: str, directory: Path | None, progress: Progress | None = None
    ) -> SceneSource:
        """Open it for a task; see `Dataset.open`.

        A directory is one of folders of PNG files, which may lie in a folder `png`.
        """
        if directory is None and not self.present():
            raise FetchError(
                f"openclipart is not on this machine: install Debian's package openclipart-png "
                f"(131 MB), which puts its files into {self.installed}, or give a directory"
            )
        root = self.installed if directory is None else directory
        try:
            cutouts = _cutouts(root / "png" if (root / "png").is_dir() else root)
        except OSError as error:
            raise UsageError(f"the data directory {root} cannot be read: {error}") from error
        targets = boxes_of_scenes if task == "obj-detection" else masks_of_scenes
        return SceneSource(
            name=self.name,
            cutouts=cutouts,
            targets=targets(with_background(cutouts.names)),
            seed=self.seed,
        )


OPENCLIPART = ClipArt()


def _cutouts(root: Path) -> ClipArtCutouts:
    """The largest folders of a directory; of folders equally large, by the alphabet.

    Folders with a single picture cannot be divided and do not count.
    """
    if not root.is_dir():
        raise UsageError(f"the data directory {root} does not exist")
    folders = {
        folder.name: sorted(path for path in folder.rglob("*.png") if _is_usable(path))
        for folder in root.iterdir()
        if folder.is_dir()
    }
    usable = {name: files for name, files in folders.items() if len(files) > 1}
    if not usable:
        raise UsageError(
            f"the data directory {root} does not hold clip art: it needs folders, one a class, "
            "with two or more PNG files each"
        )
    largest = sorted(usable, key=lambda name: (-len(usable[name]), name))[:MOST_CLASSES]
    names = tuple(sorted(largest))
    test = tuple(tuple(usable[name][::_TEST_EVERY]) for name in names)
    train = tuple(
        tuple(path for number, path in enumerate(usable[name]) if number % _TEST_EVERY)
        for name in names
    )
    return ClipArtCutouts(names=names, files={"train": train, "test": test})


def _is_usable(path: Path) -> bool:
    """Whether it is a file of its own, of a bearable size.

    A seventh of the package are links to its other pictures, which would be in training and test.
    """
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        header = file.read(24)  # signature, length and type of the first chunk, width, height
    if len(header) < 24:
        return True  # damaged, which is said where it is read
    width, height = struct.unpack(">II", header[16:])
    return width * height <= _MOST_PIXELS


@lru_cache(maxsize=_KEPT)
def _picture(path: Path) -> Image.Image:
    """A picture without the empty border around what it shows, not larger than needed."""
    try:
        with Image.open(path) as file:
            picture = file.convert("RGBA")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise FetchError(f"the picture {path} cannot be read: {error}") from error
    picture = picture.crop(picture.getchannel("A").getbbox())
    picture.thumbnail((_LARGEST, _LARGEST))
    return picture
