"""Which transforms of torchvision are done in batches, and how: those of v1 and of v2."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from torch import Tensor
from torchvision.transforms.v2 import functional

from catta.evaluation.transforms import colour, cropping, fixed, warping
from catta.evaluation.transforms.choosing import with_probability
from catta.evaluation.transforms.flips import flip
from catta.evaluation.transforms.stage import Stage, drawn

Builder = Callable[[str, Any], Stage | None]


def _sometimes(change: Callable[[Any, Tensor], Tensor]) -> Builder:
    """Of what changes an image or does not, and leaves its shape."""

    def build(name: str, transform: Any) -> Stage:
        return drawn(name, with_probability(transform.p, lambda images: change(transform, images)))

    return build


def _flip(axis: int) -> Builder:
    return lambda name, transform: flip(name, transform.p, axis)


def _blur(name: str, transform: Any) -> Stage:
    low, high = transform.sigma
    return fixed.blurred(name, transform) if low == high else colour.blur(name, transform)


_BUILDERS: Mapping[str, Builder] = MappingProxyType(
    {
        "CenterCrop": fixed.center_crop,
        "ColorJitter": colour.jitter,
        "ConvertImageDtype": fixed.convert,
        "GaussianBlur": _blur,
        "Grayscale": fixed.grey,
        "Normalize": fixed.normalize,
        "PILToTensor": fixed.to_bytes,
        "Pad": fixed.border,
        "RandomAdjustSharpness": _sometimes(
            lambda t, images: functional.adjust_sharpness(images, t.sharpness_factor)
        ),
        "RandomAffine": warping.affine,
        "RandomAutocontrast": _sometimes(lambda _, images: functional.autocontrast(images)),
        "RandomCrop": cropping.random_crop,
        "RandomEqualize": _sometimes(lambda _, images: functional.equalize(images)),
        "RandomErasing": colour.erasing,
        "RandomGrayscale": _sometimes(
            lambda _, images: functional.rgb_to_grayscale(images, images.shape[1])
        ),
        "RandomHorizontalFlip": _flip(3),
        "RandomInvert": _sometimes(lambda _, images: functional.invert(images)),
        "RandomPerspective": warping.perspective,
        "RandomPosterize": _sometimes(lambda t, images: functional.posterize(images, t.bits)),
        "RandomResizedCrop": cropping.random_resized_crop,
        "RandomRotation": warping.rotation,
        "RandomSolarize": _sometimes(lambda t, images: functional.solarize(images, t.threshold)),
        "RandomVerticalFlip": _flip(2),
        "Resize": fixed.resize,
        "ToDtype": fixed.convert,
        "ToImage": fixed.to_bytes,
        "ToTensor": fixed.to_tensor,
    }
)

TO_TENSORS = frozenset({"PILToTensor", "ToImage", "ToTensor"})
"""After these, steps of an image's own get tensors instead of pictures."""


def known(transform: Any) -> Stage | None:
    """The step that does what a transform does; None where nobody wrote one."""
    kind = type(transform)
    if not kind.__module__.startswith("torchvision.transforms."):
        return None
    builder = _BUILDERS.get(kind.__name__)
    return None if builder is None else builder(kind.__name__, transform)
