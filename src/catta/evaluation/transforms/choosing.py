"""Random numbers for each sample of a batch."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torchvision.transforms import InterpolationMode

from catta.evaluation.transforms.stage import Apply

_LARGE = 16 << 10
"""Bytes of an image that is copied by itself: many bytes at once are copied one by one."""


def uniform(count: int, low: float, high: float) -> Tensor:
    """`count` numbers between two, (count,) float32."""
    return torch.empty(count).uniform_(float(low), float(high))


def integers(count: int, low: int, high: int) -> Tensor:
    """`count` integers from `low` to before `high`, (count,)."""
    return torch.randint(low, high, (count,))


def chosen(count: int, share: float) -> Tensor:
    """Indices of the samples that a step of this probability changes."""
    return (torch.rand(count) < share).nonzero().flatten()


def with_probability(share: float, apply: Apply) -> Apply:
    """Apply to a share of the samples, each drawn by itself; shapes have to stay."""

    def some(images: Tensor) -> Tensor:
        which = chosen(len(images), share)
        change(images, which, apply)
        return images

    return some


def change(images: Tensor, which: Tensor, apply: Apply) -> None:
    """Put in the place of some samples what becomes of them."""
    if not len(which):
        return
    changed = apply(images.index_select(0, which))
    if changed[0].nbytes < _LARGE:
        images.index_copy_(0, which, changed)
        return
    for index, image in zip(which.tolist(), changed, strict=True):
        images[index].copy_(image)


def interpolation_of(transform: Any) -> InterpolationMode | None:
    """How a transform finds pixels; one of v2 says it by name."""
    try:
        return InterpolationMode(transform.interpolation)
    except ValueError:
        return None


def over_images(values: Tensor) -> Tensor:
    """(B,) as (B, 1, 1, 1)."""
    return values.reshape(-1, 1, 1, 1)


def as_pixels(values: Tensor, like: Tensor) -> Tensor:
    """Float pixels in the type of `like`; bytes are rounded and kept within theirs."""
    if like.dtype == torch.uint8:
        return values.round_().clamp_(0, 255).to(torch.uint8)
    return values.to(like.dtype)
