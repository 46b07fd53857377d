"""Steps that nobody wrote for batches: tried on a batch, else applied image by image.

Whether such a step draws is seen from the states of the random generators.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from PIL.Image import Image
from torch import Tensor
from torchvision.transforms import functional

from catta.evaluation.transforms.stage import Motion, Stage, TransformError

_TOLERANCE = 1e-6


def custom(transform: Callable[[Any], Any], probes: Tensor, *, pictures: bool) -> Stage:
    """A step of any callable.

    Args:
        transform: Takes one picture, or one tensor.
        probes: Some images (P, C, H, W) as they come to this step, on which it is tried.
        pictures: Whether it gets pictures of PIL.

    Raises:
        TransformError: It does not give tensors, arrays or pictures of one shape.
        Exception: Whatever the transform raises.
    """
    name = getattr(transform, "__name__", type(transform).__name__)

    def one_by_one(images: Tensor) -> Tensor:
        found = [_as_tensor(transform(_handed(image, pictures)), name) for image in images]
        if len({image.shape for image in found}) != 1:
            raise TransformError(f"{name} gives images of different sizes")
        return torch.stack(found)

    with _states_kept() as changed:
        wanted = one_by_one(probes.clone())
        draws = changed()
    alike = wanted.shape == probes.shape and wanted.dtype == probes.dtype
    if draws:
        # Without it, evaluation gets what it would have got had nothing been drawn: what came in.
        still = None if alike else Stage(name=name, apply=one_by_one, slow=True)
        return Stage(
            name=name, apply=one_by_one, random=True, still=still, motion=Motion.OTHER, slow=True
        )
    if _works_on_batches(transform, probes, wanted):
        return Stage(name=name, apply=transform, motion=Motion.OTHER)
    return Stage(name=name, apply=one_by_one, motion=Motion.OTHER, slow=True)


def _works_on_batches(transform: Callable[[Any], Any], probes: Tensor, wanted: Tensor) -> bool:
    """Whether it does the same to a batch as to each image."""
    try:
        with _states_kept():
            found = transform(probes.clone())
    except Exception:  # noqa: BLE001 - it was written for one image and may raise anything
        return False
    return (
        isinstance(found, Tensor)
        and found.shape == wanted.shape
        and found.dtype == wanted.dtype
        and torch.allclose(found, wanted, atol=_TOLERANCE, rtol=_TOLERANCE)
    )


def _handed(image: Tensor, pictures: bool) -> Any:
    return functional.to_pil_image(image) if pictures else image


def _as_tensor(found: object, name: str) -> Tensor:
    """What a transform gave as (C, H, W), its values unchanged."""
    if isinstance(found, Image):
        return functional.pil_to_tensor(found)
    if isinstance(found, np.ndarray) and found.ndim in (2, 3):
        array = found[:, :, None] if found.ndim == 2 else found
        return torch.from_numpy(np.ascontiguousarray(array.transpose(2, 0, 1)))
    if not isinstance(found, Tensor):
        raise TransformError(f"{name} gives {type(found).__name__}, not a tensor")
    if found.dim() != 3:
        raise TransformError(f"{name} gives a tensor of shape {tuple(found.shape)}, not an image")
    return found


@contextmanager
def _states_kept() -> Generator[Callable[[], bool]]:
    """Put random generators back in the end; what is given tells whether anybody drew."""
    before = torch.get_rng_state(), np.random.get_state(), random.getstate()

    def changed() -> bool:
        arrays: Any = (before[1], np.random.get_state())
        return (
            not torch.equal(before[0], torch.get_rng_state())
            or before[2] != random.getstate()
            or any(not np.array_equal(a, b) for a, b in zip(*arrays, strict=True))
        )

    try:
        yield changed
    finally:
        torch.set_rng_state(before[0])
        np.random.set_state(before[1])
        random.setstate(before[2])
