"""From the text of a transform module to the steps that it is made of."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from torch import Tensor, nn
from torchvision.transforms import Compose, v2

from catta.evaluation.instance import load_module
from catta.evaluation.transforms.custom import custom
from catta.evaluation.transforms.known import TO_TENSORS, known
from catta.evaluation.transforms.stage import Stage, TransformError

_MODULE = "catta_transform"


def steps_of(
    source: str, norm: tuple[Sequence[float], Sequence[float]], probes: Tensor
) -> list[Stage]:
    """Execute a module and take what its `transform(norm)` returns apart.

    Args:
        source: Text of the module.
        norm: Mean and deviation of the channels.
        probes: Some images of the data, (P, C, H, W) uint8.

    Raises:
        TransformError: The module has no `transform`, or it does not give tensors.
        Exception: Whatever the module raises.
    """
    function = getattr(load_module(source, name=_MODULE), "transform", None)
    if not callable(function):
        raise TransformError("the module of the transform has no function transform(norm)")
    found: list[Stage] = []
    pictures = True
    images = probes.clone()
    for transform in _flat(function(norm)):
        stage, images = _tried(transform, images, pictures)
        found.append(stage)
        pictures = pictures and not (stage.name in TO_TENSORS or images.dtype != probes.dtype)
    if not (images.is_floating_point() or images.is_complex()):
        raise TransformError(f"the transform gives {images.dtype} values, not floating-point ones")
    return found


def _tried(transform: Any, images: Tensor, pictures: bool) -> tuple[Stage, Tensor]:
    """A step and what it gives; an error names the step."""
    try:
        stage = known(transform) or custom(transform, images, pictures=pictures)
        return stage, stage.apply(images.clone())
    except TransformError:
        raise
    except Exception as error:
        shape = "x".join(map(str, images.shape[1:]))
        name = getattr(transform, "__name__", type(transform).__name__)
        reason = f"{name} does not take images of {shape}: {error}"
        raise TransformError(reason) from error


def _flat(transform: Any) -> Iterator[Any]:
    """The transforms in a (nested) composition, or the one transform."""
    if isinstance(transform, Compose | v2.Compose):
        for one in transform.transforms:
            yield from _flat(one)
    elif isinstance(transform, nn.Sequential):
        for one in transform:
            yield from _flat(one)
    elif callable(transform):
        yield transform
    else:
        kind = type(transform).__name__
        raise TransformError(f"transform(norm) returns {kind}, which cannot be called")
