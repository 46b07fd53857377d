"""Random crops: a window of each image, at a place of its own."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torchvision.transforms.v2 import functional

from catta.evaluation.transforms.choosing import as_pixels, integers, uniform
from catta.evaluation.transforms.stage import Motion, Stage, TransformError, drawn, fixed

_ATTEMPTS = 10


def random_crop(name: str, transform: Any) -> Stage:
    """`RandomCrop`; evaluation takes the middle."""
    height, width = (int(n) for n in transform.size)

    def padded(images: Tensor) -> Tensor:
        def pad(by: list[int]) -> Tensor:
            return functional.pad(images, by, transform.fill, transform.padding_mode)

        if transform.padding is not None:
            images = pad(_borders(transform.padding))
        missing = (width - images.shape[3], height - images.shape[2])
        if transform.pad_if_needed and max(missing) > 0:
            images = pad([max(missing[0], 0), max(missing[1], 0)])
        if max(width - images.shape[3], height - images.shape[2]) > 0:
            have = f"{images.shape[2]}x{images.shape[3]}"
            raise TransformError(f"{name}: no {height}x{width} fits into images of {have}")
        return images

    def apply(images: Tensor) -> Tensor:
        images = padded(images)
        count = len(images)
        top = integers(count, 0, images.shape[2] - height + 1)
        left = integers(count, 0, images.shape[3] - width + 1)
        windows = images.unfold(2, height, 1).unfold(3, width, 1)
        return windows[torch.arange(count), :, top, left]

    def middle(images: Tensor) -> Tensor:
        return functional.center_crop(padded(images), [height, width])

    return drawn(name, apply, motion=Motion.OTHER, still=fixed(name, middle, Motion.OTHER))


def random_resized_crop(name: str, transform: Any) -> Stage:
    """`RandomResizedCrop`, bilinear with antialiasing; evaluation resizes the whole image."""
    height, width = (int(n) for n in transform.size)

    def apply(images: Tensor) -> Tensor:
        top, left, high, wide = _windows(images, transform.scale, transform.ratio)
        rows = _weights(top, high, images.shape[2], height)
        columns = _weights(left, wide, images.shape[3], width)
        # Rounded in between, as image libraries do.
        across = as_pixels(images.float() @ columns.unsqueeze(1).mT, images)
        return as_pixels(rows.unsqueeze(1) @ across.float(), images)

    def whole(images: Tensor) -> Tensor:
        return functional.resize(images, [height, width], antialias=True)

    return drawn(name, apply, motion=Motion.OTHER, still=fixed(name, whole, Motion.RESIZE))


def _borders(padding: int | Sequence[int]) -> list[int]:
    return [padding] if isinstance(padding, int) else list(padding)


def _windows(images: Tensor, scale: Sequence[float], ratio: Sequence[float]) -> list[Tensor]:
    """Top, left, height and width of a window of each image, (B,) each."""
    count, _, tall, broad = images.shape
    areas = uniform(count * _ATTEMPTS, *scale).reshape(count, -1) * (tall * broad)
    ratios = uniform(count * _ATTEMPTS, *(math.log(r) for r in ratio)).exp().reshape(count, -1)
    wide, high = (areas * ratios).sqrt().round(), (areas / ratios).sqrt().round()
    fits = (wide > 0) & (wide <= broad) & (high > 0) & (high <= tall)
    first = fits.int().argmax(1, keepdim=True)
    high, wide = high.gather(1, first)[:, 0], wide.gather(1, first)[:, 0]
    top = (torch.rand(count) * (tall - high + 1)).floor()
    left = (torch.rand(count) * (broad - wide + 1)).floor()
    # Where no window fits: the middle, of the nearest ratio that is allowed.
    known = min(max(broad / tall, min(ratio)), max(ratio))
    rest_wide = min(broad, round(tall * known))
    rest_high = min(tall, round(broad / known))
    rest = (tall - rest_high) // 2, (broad - rest_wide) // 2, rest_high, rest_wide
    none = ~fits.any(1)
    return [
        torch.where(none, float(value), drawn_value)
        for value, drawn_value in zip(rest, (top, left, high, wide), strict=True)
    ]


def _weights(start: Tensor, length: Tensor, old: int, new: int) -> Tensor:
    """(B, new, old): how much each old pixel gives each new one; a triangle, as wide as a pixel."""
    scale = length / new
    reach = scale.clamp(min=1.0)[:, None, None]
    centres = (start[:, None] + (torch.arange(new) + 0.5) * scale[:, None])[:, :, None]
    pixels = torch.arange(old) + 0.5
    inside = (pixels > start[:, None, None]) & (pixels < (start + length)[:, None, None])
    weights = (1 - (pixels - centres).abs() / reach).clamp(min=0.0) * inside
    return weights / weights.sum(2, keepdim=True)
