"""How an image becomes an input, for programs that know nothing of Catta."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from catta.errors import UsageError
from catta.records import Recipe
from catta.tasks.images import LARGEST_PADDING
from catta.tasks.preparation import open_source
from catta.tasks.sources import ImageSource
from catta.tasks.splits import split

CLASSIFICATION = "img-classification"


@dataclass(frozen=True, kw_only=True, slots=True)
class Preprocessing:
    """What is done to an image: converted, resized, framed with black, normalised.

    Attributes:
        channels: 1 for grey, 3 for RGB.
        content: Height and width that it is resized to.
        border: Black pixels before and after each axis (channels, height, width).
        mean: Of each channel, of pixels scaled to 0..1; subtracted.
        std: Deviation of each channel; divided by.
    """

    channels: int
    content: tuple[int, int]
    border: tuple[tuple[int, int], ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]


def preprocessing_of(
    recipe: Recipe, channels: int, *, directory: Path | None = None
) -> Preprocessing:
    """What a recipe's data went through.

    Args:
        recipe: Of a classification of images.
        channels: Of its images.
        directory: Where the files of the dataset are; None to find or fetch them.

    Raises:
        UsageError: It is for another task, or a transform of its own prepared the images.
        FetchError: The dataset cannot be obtained.
    """
    if recipe.task != CLASSIFICATION:
        raise UsageError(f"deploy knows networks for {CLASSIFICATION} only, not for {recipe.task}")
    if recipe.transform is not None:
        raise UsageError(
            f"the images were prepared by the transform {recipe.transform}, whose code a folder "
            "without Catta cannot run: train it without --transform"
        )
    source = open_source(recipe.task, recipe.dataset, directory)
    parts = split(
        source.strata(),
        train_samples=recipe.train_samples,
        validation_samples=recipe.validation_samples,
        seed=recipe.seed,
    )
    scale = source.measure(parts.train, recipe.resolution)
    height, width = _native(source) or (recipe.resolution, recipe.resolution)
    missing = (recipe.resolution - height, recipe.resolution - width)
    if all(0 <= pixels <= LARGEST_PADDING for pixels in missing):
        border = ((0, 0), *((pixels // 2, pixels - pixels // 2) for pixels in missing))
    else:
        height = width = recipe.resolution
        border = ((0, 0),) * 3
    return Preprocessing(
        channels=channels, content=(height, width), border=border, mean=scale.mean, std=scale.std
    )


def _native(source: object) -> tuple[int, int] | None:
    """The one size that the published images have, if they have one."""
    if not isinstance(source, ImageSource):
        return None
    height, width = source.raw.train_x.shape[2:]
    return height, width
