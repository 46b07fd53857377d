"""Flips: of a share of the images, and of what belongs to them."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from typing import Any

from torch import Tensor

from catta.evaluation.transforms.choosing import change, chosen, with_probability
from catta.evaluation.transforms.stage import Motion, Stage


def flip(name: str, share: float, axis: int) -> Stage:
    """Mirror images along an axis, 3 (left and right) or 2."""
    return Stage(
        name=name,
        apply=with_probability(share, lambda images: images.flip(axis)),
        random=True,
        motion=Motion.FLIP,
        axis=axis,
        share=share,
    )


def flip_with_targets(stage: Stage, images: Tensor, targets: Any) -> None:
    """Mirror images in place, and with them masks (B, H, W) or dictionaries with `boxes`."""
    which = chosen(len(images), stage.share)
    change(images, which, lambda some: some.flip(stage.axis))
    if isinstance(targets, Tensor):
        change(targets, which, lambda some: some.flip(stage.axis - 1))
        return
    length = images.shape[stage.axis]
    first, last = (0, 2) if stage.axis == 3 else (1, 3)
    for index in which.tolist():
        boxes = targets[index]["boxes"]
        turned = boxes.clone()
        turned[:, first], turned[:, last] = length - boxes[:, last], length - boxes[:, first]
        targets[index]["boxes"] = turned
