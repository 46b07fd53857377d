"""What scenes are composed of: pictures of single things, cut out of their background."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from catta.errors import FetchError
from catta.tasks.datasets import RawImages
from catta.tasks.sources import Part

_VISIBLE = 24
"""Grey of 0..255, after the brightest pixel was made white, from which a pixel is of the thing."""

_DARKEST = 0.35
"""Share of a tint that its darkest pixel has: things stay things on a black ground."""


@dataclass(frozen=True, slots=True)
class Cutout:
    """One thing.

    Attributes:
        pixels: (H, W, 3) of uint8.
        mask: (H, W) of bool: what of it is the thing.
    """

    pixels: NDArray[np.uint8]
    mask: NDArray[np.bool_]


class Cutouts(Protocol):
    """A collection of things in classes."""

    @property
    def names(self) -> tuple[str, ...]:
        """The classes."""
        ...

    @property
    def tinted(self) -> bool:
        """Whether they take the colour of a tint."""
        ...

    def digest(self) -> str:
        """Hash of all of them."""
        ...

    def cut(
        self, part: Part, kind: int, choice: float, side: int, tint: NDArray[np.float64]
    ) -> Cutout:
        """One thing.

        Args:
            part: For training scenes or for test scenes; they have no thing in common.
            kind: Its class, from 0.
            choice: Which of that class, 0 to 1 (excluded).
            side: Height or width of the cutout in pixels, whichever is larger.
            tint: (3,) 0..255, the colour it takes, where it has none of its own.

        Raises:
            FetchError: Its file is damaged or gone.
        """
        ...


@dataclass(frozen=True, slots=True)
class GreyCutouts:
    """The images of a dataset in grey on black, tinted."""

    raw: RawImages
    names: tuple[str, ...]
    numbers: Mapping[Part, tuple[NDArray[np.intp], ...]]
    tinted: bool = True

    @classmethod
    def of(cls, raw: RawImages, names: tuple[str, ...]) -> GreyCutouts:
        """Those of a dataset whose classes have these names.

        Raises:
            FetchError: A class has no example.
        """
        numbers: dict[Part, tuple[NDArray[np.intp], ...]] = {}
        parts: tuple[tuple[Part, NDArray[np.int64]], ...] = (
            ("train", raw.train_y),
            ("test", raw.test_y),
        )
        for part, labels in parts:
            numbers[part] = tuple(np.flatnonzero(labels == kind) for kind in range(raw.classes))
            for kind, found in enumerate(numbers[part]):
                if not len(found):
                    raise FetchError(f"{raw.name} has no {part} image of {names[kind]!r}")
        return cls(raw=raw, names=names, numbers=numbers)

    def digest(self) -> str:
        """See `Cutouts`."""
        digest = hashlib.sha256()
        raw = self.raw
        for array in (raw.train_x, raw.train_y, raw.test_x, raw.test_y):
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def cut(
        self, part: Part, kind: int, choice: float, side: int, tint: NDArray[np.float64]
    ) -> Cutout:
        """See `Cutouts`."""
        numbers = self.numbers[part][kind]
        images = self.raw.train_x if part == "train" else self.raw.test_x
        image = images[numbers[int(choice * len(numbers))], 0]
        picture = Image.fromarray(image).resize((side, side), Image.Resampling.BILINEAR)
        grey = np.asarray(picture)
        # A table of 256 colours is cheaper than arithmetic on the pixels.
        light = np.minimum(np.arange(256) / max(1, int(grey.max())), 1)
        shades = (_DARKEST + (1 - _DARKEST) * light)[:, None] * tint
        return Cutout(pixels=shades.astype(np.uint8)[grey], mask=(light * 255 >= _VISIBLE)[grey])
