"""Pictures in files, as arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from catta.errors import FetchError

_SPARE = 2
"""How many times larger than needed a JPEG is decoded: what is left is resized with care."""


def decoded_picture(path: Path, size: int) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """A picture that is going to be resized to `size` pixels.

    A large JPEG is decoded at a fraction of its size, which is much cheaper.

    Returns:
        Pixels (3, H, W), and the height and width that the picture has in the file.

    Raises:
        FetchError: The file is gone or damaged.
    """
    try:
        with Image.open(path) as image:
            shape = (image.height, image.width)
            image.draft("RGB", (_SPARE * size, _SPARE * size))
            pixels = np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise FetchError(f"the picture {path} cannot be read: {error}") from error
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)), shape


def decoded_mask(path: Path) -> NDArray[np.uint8]:
    """(H, W) of a picture whose pixels are numbers of classes: a palette or grey.

    Raises:
        FetchError: The file is gone, damaged or of another kind.
    """
    try:
        with Image.open(path) as image:
            if image.mode not in ("P", "L"):
                raise FetchError(f"the mask {path} has no palette: its mode is {image.mode}")
            return np.array(image, np.uint8)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise FetchError(f"the mask {path} cannot be read: {error}") from error
