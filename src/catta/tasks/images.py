"""From published pixels to the inputs of networks: one size, normalised, float32."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torchvision.transforms.v2 import functional

LARGEST_PADDING = 4
"""Pixels, both sides together, up to which an image is padded instead of enlarged."""

CHUNK = 1_024
"""Samples prepared at once; bounds the memory that is needed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Normalisation:
    """Mean and standard deviation of each channel, of pixels scaled to 0..1."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


def measure(images: NDArray[np.uint8]) -> Normalisation:
    """Mean and standard deviation of the channels of (N, C, H, W) images.

    A channel that is constant gets the deviation 1.
    """
    values = np.arange(256) / 255
    means: list[float] = []
    deviations: list[float] = []
    for channel in range(images.shape[1]):
        share = np.bincount(images[:, channel].ravel(), minlength=256) / images[:, channel].size
        mean = float(share @ values)
        means.append(mean)
        deviations.append(float(np.sqrt(share @ (values - mean) ** 2)) or 1.0)
    return Normalisation(mean=tuple(means), std=tuple(deviations))


def resize(images: NDArray[np.uint8], resolution: int) -> NDArray[np.uint8]:
    """Bring (N, C, H, W) images to (N, C, resolution, resolution).

    Images that lack at most `LARGEST_PADDING` pixels (28x28 for 32x32) get a black border, so that
    no pixel is blurred; others are resized bilinearly, with antialiasing.
    """
    height, width = images.shape[2:]
    missing = (resolution - height, resolution - width)
    if missing == (0, 0):
        return images
    if all(0 <= pixels <= LARGEST_PADDING for pixels in missing):
        borders = [(pixels // 2, pixels - pixels // 2) for pixels in missing]
        return np.pad(images, ((0, 0), (0, 0), *borders))
    pixels = torch.from_numpy(np.array(images))
    resized = functional.resize(pixels, [resolution, resolution], antialias=True)
    return cast("NDArray[np.uint8]", resized.numpy())


def normalised(images: NDArray[np.uint8], normalisation: Normalisation) -> NDArray[np.float32]:
    """(N, C, H, W) pixels as float32, each channel less its mean, in units of its deviation."""
    mean = np.asarray(normalisation.mean, np.float32).reshape(-1, 1, 1)
    std = np.asarray(normalisation.std, np.float32).reshape(-1, 1, 1)
    return (images.astype(np.float32) / np.float32(255) - mean) / std
