"""Random colours: jitter, blur and erased rectangles, of each image its own."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad
from torchvision.transforms.v2 import functional

from catta.evaluation.transforms.choosing import (
    as_pixels,
    over_images,
    uniform,
    with_probability,
)
from catta.evaluation.transforms.stage import Stage, drawn


def jitter(name: str, transform: Any) -> Stage:
    """`ColorJitter`: factors for each image, in an order that is drawn for each batch."""
    known = (
        (transform.brightness, _brightness),
        (transform.contrast, _contrast),
        (transform.saturation, _saturation),
        (transform.hue, _hue),
    )
    steps = [(limits, change) for limits, change in known if limits is not None]

    def apply(images: Tensor) -> Tensor:
        for index in torch.randperm(len(steps)).tolist():
            limits, change = steps[index]
            images = change(images, over_images(uniform(len(images), *limits)))
        return images

    return drawn(name, apply)


def blur(name: str, transform: Any) -> Stage:
    """`GaussianBlur`: a width for each image."""
    wide, high = (int(n) for n in transform.kernel_size)

    def apply(images: Tensor) -> Tensor:
        sigmas = uniform(len(images), *transform.sigma)
        values = pad(images.float(), [wide // 2, wide // 2, high // 2, high // 2], mode="reflect")
        for axis, size in ((3, wide), (2, high)):
            length = values.shape[axis] - size + 1
            weights = _bell(sigmas, size)
            parts = (
                values.narrow(axis, shift, length) * over_images(weights[:, shift])
                for shift in range(size)
            )
            values = sum(parts, start=torch.zeros(()))
        return as_pixels(values, images)

    return drawn(name, apply)


def erasing(name: str, transform: Any) -> Stage:
    """`RandomErasing`: a rectangle of each image, of one value or of noise."""

    def apply(images: Tensor) -> Tensor:
        count, channels, tall, broad = images.shape
        areas = uniform(count, *transform.scale) * (tall * broad)
        ratios = uniform(count, *(math.log(r) for r in transform.ratio)).exp()
        high = (areas * ratios).sqrt().round().clamp(max=tall - 1)
        wide = (areas / ratios).sqrt().round().clamp(max=broad - 1)
        top = (torch.rand(count) * (tall - high + 1)).floor()
        left = (torch.rand(count) * (broad - wide + 1)).floor()
        rows, columns = torch.arange(tall), torch.arange(broad)
        vertical = (rows >= top[:, None]) & (rows < (top + high)[:, None])
        horizontal = (columns >= left[:, None]) & (columns < (left + wide)[:, None])
        gone = vertical[:, None, :, None] & horizontal[:, None, None, :]
        if transform.value is None or transform.value == "random":
            return torch.where(gone, torch.randn_like(images), images)
        value = torch.as_tensor(transform.value, dtype=images.dtype).flatten().expand(channels)
        return torch.where(gone, value.reshape(1, -1, 1, 1), images)

    return drawn(name, with_probability(transform.p, apply))


def _bell(sigmas: Tensor, size: int) -> Tensor:
    places = torch.arange(size) - (size - 1) / 2
    weights = (-0.5 * (places / sigmas[:, None]).square()).exp()
    return weights / weights.sum(1, keepdim=True)


def _blended(images: Tensor, other: Tensor, factors: Tensor) -> Tensor:
    """`factors` of the images, the rest of the other ones; floats stay within 0..1."""
    mixed = factors * images.float() + (1 - factors) * other
    return as_pixels(mixed if images.dtype == torch.uint8 else mixed.clamp_(0, 1), images)


def _grey(images: Tensor) -> Tensor:
    if images.shape[1] != 3:
        return images.float()
    return functional.rgb_to_grayscale(images).float()


def _brightness(images: Tensor, factors: Tensor) -> Tensor:
    return _blended(images, torch.zeros(()), factors)


def _contrast(images: Tensor, factors: Tensor) -> Tensor:
    mean = _grey(images).mean((1, 2, 3), keepdim=True)
    return _blended(images, mean.round() if images.dtype == torch.uint8 else mean, factors)


def _saturation(images: Tensor, factors: Tensor) -> Tensor:
    return images if images.shape[1] != 3 else _blended(images, _grey(images), factors)


def _hue(images: Tensor, turns: Tensor) -> Tensor:
    """Turn the hue, a whole turn being 1; greys have none."""
    if images.shape[1] != 3:
        return images
    values = images.float()
    largest = values.amax(1, keepdim=True)
    span = largest - values.amin(1, keepdim=True)
    red, green, blue = values.split(1, 1)
    safe = span.clamp(min=1e-8)
    hue = torch.where(
        largest == red,
        (green - blue) / safe,
        torch.where(largest == green, 2 + (blue - red) / safe, 4 + (red - green) / safe),
    )
    hue = hue + 6 * turns
    turned: Callable[[int], Tensor] = lambda n: (n + hue).remainder(6)  # noqa: E731
    channels = [
        largest - span * torch.minimum(k, 4 - k).clamp(0, 1) for k in map(turned, (5, 3, 1))
    ]
    return as_pixels(torch.cat(channels, 1), images)
