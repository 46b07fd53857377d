"""One step of a transform, on batches of images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from torch import Tensor

Apply = Callable[[Tensor], Tensor]
"""Images (B, C, H, W) to images; it may write into what it is given."""


class Motion(Enum):
    """What a step does to the positions of pixels."""

    NONE = "none"
    RESIZE = "resize"
    """The whole image to another size."""
    FLIP = "flip"
    OTHER = "other"


class TransformError(Exception):
    """A transform is not one, or does not suit the images."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """One step.

    Attributes:
        name: Class of the transform.
        apply: What it does; draws for each sample, from torch's generator, if it is random.
        random: Whether it draws.
        still: What evaluation does in its place; a step that is not random does itself.
        motion: Whether masks and boxes can follow.
        axis: Of a flip, 3 (horizontal) or 2.
        share: Of a flip, the probability.
        slow: Whether it goes through the images one by one.
        pure: Whether several threads may do it at once.
        into: The same from bytes to floats of the same shape, written to where they are to be.
    """

    name: str
    apply: Apply
    random: bool = False
    still: Stage | None = None
    motion: Motion = Motion.NONE
    axis: int = 3
    share: float = 0.0
    slow: bool = False
    pure: bool = False
    into: Callable[[Tensor, Tensor], Tensor] | None = None

    @property
    def in_evaluation(self) -> Stage | None:
        """What validation and test images get; None: nothing."""
        return self.still if self.random else self


def fixed(name: str, apply: Apply, motion: Motion = Motion.NONE) -> Stage:
    """A step that is the same for all images and at all times."""
    return Stage(name=name, apply=apply, motion=motion, pure=True)


def drawn(
    name: str, apply: Apply, *, motion: Motion = Motion.NONE, still: Stage | None = None
) -> Stage:
    """A step that draws for each image."""
    return Stage(name=name, apply=apply, random=True, motion=motion, still=still)
