"""Images, masks and boxes brought to one square size together.

Unlike `catta.tasks.images.resize` nothing is padded: a border would move what is on the image.
"""

from __future__ import annotations

from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torchvision.transforms.v2 import functional
from torchvision.transforms.v2.functional import InterpolationMode


def resized_images(images: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """(N, C, H, W) images as (N, C, size, size), bilinear with antialiasing."""
    return _resized(images, size, InterpolationMode.BILINEAR)


def resized_masks(masks: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """(N, H, W) masks as (N, size, size); a pixel takes the class at its centre."""
    return _resized(masks, size, InterpolationMode.NEAREST_EXACT)


def scaled_boxes(
    boxes: NDArray[np.float32], shape: tuple[int, int], size: int
) -> NDArray[np.float32]:
    """(..., 4) boxes x1 y1 x2 y2 on images of this height and width, on the resized ones."""
    height, width = shape
    factors = np.array([size / width, size / height] * 2, np.float32)
    return boxes * factors


def _resized(
    pixels: NDArray[np.uint8], size: int, interpolation: InterpolationMode
) -> NDArray[np.uint8]:
    if pixels.shape[-2:] == (size, size):
        return pixels
    tensor = torch.from_numpy(np.array(pixels))  # a copy: torch warns of arrays it may not write
    resized = functional.resize(tensor, [size, size], interpolation, antialias=True)
    return cast("NDArray[np.uint8]", resized.numpy())
