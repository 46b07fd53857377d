"""The objective of a task on transformed images; masks and boxes follow their images."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from catta.evaluation.objectives.objective import Objective, Samples
from catta.evaluation.transforms.flips import flip_with_targets
from catta.evaluation.transforms.pipeline import Pipeline
from catta.evaluation.transforms.stage import Motion
from catta.records import Problem

SEGMENTATION, DETECTION = "img-segmentation", "obj-detection"
DENSE = (SEGMENTATION, DETECTION)


class _Lazy:
    """Images that are transformed when some are taken."""

    def __init__(self, images: Tensor, pipeline: Pipeline) -> None:
        self._images, self._pipeline = images, pipeline

    def __getitem__(self, indices: Tensor) -> Tensor:
        return self.index_select(0, indices)

    def index_select(self, axis: int, indices: Tensor) -> Tensor:
        return self._pipeline.of(self._images, indices)


class Transformed:
    """The objective of a task whose images are still to be transformed, batch by batch.

    Predictions come back in the size in which the parent holds the targets.
    """

    def __init__(
        self, inner: Objective, pipeline: Pipeline, original: Problem, transformed: Problem
    ) -> None:
        """Wrap an objective for `transformed`; `original` is what the parent knows."""
        self._inner = inner
        dense = original.task in DENSE
        flips = [s for s in pipeline.stages if dense and s.motion is Motion.FLIP]
        self._flips = tuple(flips)
        left = tuple(stage for stage in pipeline.stages if stage not in flips)
        self._pipeline = replace(pipeline, stages=left)
        self._task = original.task
        self._before, self._after = original.sample[1:], transformed.sample[1:]

    def batch(self, samples: Samples, indices: Tensor) -> tuple[Tensor, Any]:
        """See `Objective`."""
        lazy = cast("Tensor", _Lazy(samples["x"], self._pipeline))
        images, targets = self._inner.batch({**samples, "x": lazy}, indices)
        for flip in self._flips:
            flip_with_targets(flip, images, targets)
        return images, targets

    def loss(self, network: nn.Module, inputs: Tensor, targets: Any) -> Tensor:
        """See `Objective`."""
        return self._inner.loss(network, inputs, targets)

    def predict(self, network: nn.Module, inputs: Tensor) -> dict[str, Tensor]:
        """See `Objective`; the inputs are transformed already."""
        found = self._inner.predict(network, inputs)
        if self._before == self._after:
            return found
        if self._task == SEGMENTATION:
            found["y"] = resized_masks(found["y"], self._before)
        if self._task == DETECTION:
            found["boxes"] = found["boxes"] * _scale(self._after, self._before)
        return found

    def example(self, batch: int) -> tuple[Tensor, Any]:
        """See `Objective`."""
        return self._inner.example(batch)


def targets_resized(samples: dict[str, Tensor], original: Problem, new: Problem) -> None:
    """Bring masks and boxes of a split to the size of the transformed images."""
    before, after = original.sample[1:], new.sample[1:]
    if original.task == SEGMENTATION:
        samples["y"] = resized_masks(samples["y"], after)
    if original.task == DETECTION:
        samples["boxes"] = samples["boxes"] * _scale(before, after)


def resized_masks(masks: Tensor, size: tuple[int, ...]) -> Tensor:
    """(N, H, W) classes at another size; each pixel takes the class of the nearest one."""
    # Images of bytes are resized as they are; other integers are not.
    values = masks if masks.dtype == torch.uint8 else masks.float()
    return interpolate(values[:, None], size=size, mode="nearest-exact")[:, 0].to(masks.dtype)


def _scale(before: tuple[int, ...], after: tuple[int, ...]) -> Tensor:
    (old_high, old_wide), (high, wide) = before, after
    return torch.tensor([wide / old_wide, high / old_high] * 2)
