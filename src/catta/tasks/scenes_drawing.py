"""One scene: things laid over each other on a ground; what is seen of each is known exactly.

A scene is a pure function of the collection of cutouts, a seed, a part and a number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from catta.errors import FetchError
from catta.tasks.scenes_cutouts import Cutout, Cutouts
from catta.tasks.scenes_ground import drawn_ground
from catta.tasks.sources import Part

SIZE = 128
"""Height and width of a scene in pixels."""

MOST_OBJECTS = 6

COLOURS: Mapping[str, tuple[int, int, int]] = MappingProxyType(
    {
        "red": (225, 35, 35),
        "green": (40, 175, 60),
        "blue": (45, 80, 235),
        "yellow": (245, 220, 40),
        "orange": (250, 135, 25),
        "purple": (135, 45, 185),
        "pink": (250, 140, 195),
        "white": (250, 250, 250),
    }
)
"""Tints by name, as red, green, blue."""

_SIDES = (("small", 24, 34), ("", 34, 46), ("large", 46, 65))
"""Names of sizes, and the sides in pixels: from, to (excluded)."""

_TRIES = 8
"""Places that are tried for a thing that would hide another one."""

_LEAST_SEEN = 0.4
"""Share of its own pixels that has to be seen of every thing."""

_LEAST_PIXELS = 40
"""What has fewer is no recognisable thing, and not drawn."""

_JITTER = 18

_TABLE = np.array(list(COLOURS.values()), np.float64)
_NAMES = tuple(COLOURS)
_PARTS: Mapping[Part, int] = MappingProxyType({"train": 0, "test": 1})


@dataclass(frozen=True, slots=True)
class SceneObject:
    """One thing of a scene.

    Attributes:
        label: Its class, from 1.
        colour: Name of its tint; empty where it has colours of its own.
        size: `small`, `large` or empty.
        box: x1, y1, x2, y2 in pixels; exactly around what is seen of it.
        pixels: Number of its pixels that are seen.
    """

    label: int
    colour: str
    size: str
    box: tuple[int, int, int, int]
    pixels: int


@dataclass(frozen=True, slots=True)
class Scene:
    """A scene.

    Attributes:
        image: (3, SIZE, SIZE) of uint8.
        owners: (SIZE, SIZE) of uint8: whose pixel it is, as a place in `objects` from 1; 0 is the
            ground.
        objects: What is seen, from the back to the front; at least one.
        covers: Pairs of places in `objects`, from 0: the first lies over a part of the second.
        ground: Name of its pattern.
    """

    image: NDArray[np.uint8]
    owners: NDArray[np.uint8]
    objects: tuple[SceneObject, ...]
    covers: frozenset[tuple[int, int]]
    ground: str

    @property
    def classes(self) -> NDArray[np.uint8]:
        """(SIZE, SIZE) of uint8: the class of each pixel; 0 is the ground."""
        table = np.array([0, *(thing.label for thing in self.objects)], np.uint8)
        return table[self.owners]


def wanted_objects(index: int) -> int:
    """How many things the scene of that number is to have; each number of things is as frequent.

    It has fewer where no place was found for a further one that leaves enough of the others.
    """
    return index % MOST_OBJECTS + 1


def compose(cutouts: Cutouts, seed: int, part: Part, index: int) -> Scene:
    """The scene of that number.

    Raises:
        FetchError: The file of a cutout is damaged or gone, or the cutouts are empty.
    """
    random = np.random.default_rng((seed, _PARTS[part], index))
    pixels, ground = drawn_ground(random, SIZE)
    canvas = _Canvas(pixels)
    wanted = wanted_objects(index)
    # More things than wanted: some cutouts have hardly a pixel.
    draws = random.random((2 * MOST_OBJECTS, 8 + 2 * _TRIES))
    looks: list[tuple[int, str, str]] = []
    for draw in draws:
        kind = int(draw[0] * len(cutouts.names))
        colour = int(draw[2] * len(_NAMES))
        size, least, excess = _SIDES[int(draw[3] * len(_SIDES))]
        side = int(least + draw[4] * (excess - least))
        tint = np.clip(_TABLE[colour] + (draw[5:8] - 0.5) * 2 * _JITTER, 0, 255)
        cutout = cutouts.cut(part, kind, draw[1], side, tint)
        if canvas.lay(cutout, draw[8:].reshape(_TRIES, 2)):
            looks.append((kind + 1, _NAMES[colour] if cutouts.tinted else "", size))
        if len(looks) == wanted:
            break
    if not looks:
        raise FetchError(f"of {len(draws)} cutouts for a scene none has anything to see")
    found = ndimage.find_objects(canvas.owners, len(looks))
    objects = tuple(
        SceneObject(
            label=label,
            colour=colour,
            size=size,
            box=(columns.start, rows.start, columns.stop, rows.stop),
            pixels=seen,
        )
        for (label, colour, size), (rows, columns), seen in zip(
            looks, found, canvas.seen, strict=True
        )
    )
    image = np.ascontiguousarray(canvas.pixels.transpose(2, 0, 1))
    return Scene(image, canvas.owners, objects, frozenset(canvas.covers), ground)


class _Canvas:
    """A scene in the making; see `Scene` for its attributes."""

    def __init__(self, ground: NDArray[np.uint8]) -> None:
        self.pixels = ground
        self.owners: NDArray[np.uint8] = np.zeros(ground.shape[:2], np.uint8)
        self.covers: set[tuple[int, int]] = set()
        self.seen: list[int] = []
        self._whole: list[int] = []

    def lay(self, cutout: Cutout, places: NDArray[np.float64]) -> bool:
        """Lay a thing over what is there, at the first place where no other would be hidden.

        Args:
            cutout: The thing.
            places: (tries, 2) of 0 to 1 (excluded): from the top to the bottom, left to right.

        Returns:
            Whether there is such a place; if not, nothing was changed.
        """
        mask = cutout.mask
        height, width = mask.shape
        own = int(np.count_nonzero(mask))
        if own < _LEAST_PIXELS:
            return False
        rows, columns = self.owners.shape
        for down, right in places:
            top, left = int(down * (rows - height + 1)), int(right * (columns - width + 1))
            window = (slice(top, top + height), slice(left, left + width))
            hidden = np.bincount(self.owners[window][mask], minlength=len(self.seen) + 1)[1:]
            left_over = [seen - int(less) for seen, less in zip(self.seen, hidden, strict=True)]
            if all(
                seen >= _LEAST_SEEN * whole
                for seen, whole in zip(left_over, self._whole, strict=True)
            ):
                break
        else:
            return False
        number = len(self.seen)
        self.covers.update((number, other) for other in map(int, np.flatnonzero(hidden)))
        self.seen = [*left_over, own]
        self._whole.append(own)
        np.copyto(self.pixels[window], cutout.pixels, where=mask[:, :, None])
        self.owners[window][mask] = number + 1
        return True
