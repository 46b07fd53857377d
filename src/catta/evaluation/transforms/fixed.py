"""Steps that are the same for all images: sizes, borders, greys, types, normalisation."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional

from catta.evaluation.transforms.choosing import interpolation_of
from catta.evaluation.transforms.stage import Motion, Stage, TransformError, fixed

_INTERPOLATIONS = {
    InterpolationMode.BILINEAR: InterpolationMode.BILINEAR,
    InterpolationMode.BICUBIC: InterpolationMode.BICUBIC,
    # What PIL calls nearest, torchvision calls exactly nearest.
    InterpolationMode.NEAREST: InterpolationMode.NEAREST_EXACT,
    InterpolationMode.NEAREST_EXACT: InterpolationMode.NEAREST_EXACT,
}


def resize(name: str, transform: Any) -> Stage | None:
    """`Resize` with antialiasing, as PIL does it."""
    found = interpolation_of(transform)
    mode = None if found is None else _INTERPOLATIONS.get(found)
    if mode is None:
        return None
    size = [transform.size] if isinstance(transform.size, int) else list(transform.size)

    def apply(images: Tensor) -> Tensor:
        return functional.resize(
            images, size, interpolation=mode, max_size=transform.max_size, antialias=True
        )

    return fixed(name, apply, Motion.RESIZE)


def center_crop(name: str, transform: Any) -> Stage:
    """`CenterCrop`; smaller images get a black border."""
    size = [int(n) for n in transform.size]
    return fixed(name, lambda images: functional.center_crop(images, size), Motion.OTHER)


def border(name: str, transform: Any) -> Stage:
    """`Pad`."""
    padding, mode = transform.padding, transform.padding_mode
    padding = [padding] if isinstance(padding, int) else list(padding)
    fill = transform.fill if mode == "constant" else 0  # otherwise nothing is filled

    def apply(images: Tensor) -> Tensor:
        if not isinstance(fill, int | float) and len(fill) not in (1, images.shape[1]):
            raise TransformError(f"{name}: {len(fill)} colours do not suit {images.shape[1]}")
        return functional.pad(images, padding, fill, mode)

    return fixed(name, apply, Motion.OTHER)


def grey(name: str, transform: Any) -> Stage:
    """`Grayscale`."""
    channels = transform.num_output_channels
    return fixed(name, lambda images: functional.rgb_to_grayscale(images, channels))


def blurred(name: str, transform: Any) -> Stage:
    """`GaussianBlur` of one width."""
    size, sigma = list(transform.kernel_size), float(transform.sigma[0])
    return fixed(name, lambda images: functional.gaussian_blur(images, size, [sigma, sigma]))


def to_tensor(name: str, _: Any) -> Stage:
    """`ToTensor`: bytes as float32 in 0..1; what is floating point already stays."""
    return Stage(name=name, apply=_scaled, into=_scaled_into, pure=True)


def to_bytes(name: str, _: Any) -> Stage:
    """`PILToTensor`, `ToImage`: here images are tensors from the beginning."""
    return fixed(name, lambda images: images)


def convert(name: str, transform: Any) -> Stage | None:
    """`ConvertImageDtype` and `ToDtype`."""
    dtype = transform.dtype
    if not isinstance(dtype, torch.dtype):
        return None
    scale = getattr(transform, "scale", True)
    return fixed(name, lambda images: functional.to_dtype(images, dtype, scale=scale))


def normalize(name: str, transform: Any) -> Stage:
    """`Normalize`."""
    mean, std = _channels(transform.mean), _channels(transform.std)

    def apply(images: Tensor) -> Tensor:
        if images.dtype != torch.float32 or len(mean) > images.shape[1]:
            images = images - mean
            return images / std
        return images.sub_(mean).div_(std)

    return fixed(name, apply)


def _channels(values: Any) -> Tensor:
    return torch.as_tensor(values, dtype=torch.float32).reshape(-1, 1, 1)


def _scaled_into(images: Tensor, place: Tensor) -> Tensor:
    return place.copy_(images).div_(255)


def _scaled(images: Tensor) -> Tensor:
    if images.is_floating_point() or images.is_complex():
        return images
    return images.to(torch.float32).div_(255)
