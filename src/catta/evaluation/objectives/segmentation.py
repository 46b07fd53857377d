"""Segmentation of images: scores of shape (B, classes, H, W), cross-entropy for each pixel."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from catta.evaluation.objectives.images import expect, random_images
from catta.evaluation.objectives.objective import Samples
from catta.records import Problem
from catta.tasks.targets import UNJUDGED

IGNORED = -1
"""LEMUR's label of a pixel that is not judged."""


class Segmentation:
    """Predicts `y`, (B, H, W) int64: the class of each pixel."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem

    def batch(self, samples: Samples, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Images and masks (B, H, W) int64."""
        masks = samples["y"].index_select(0, indices).long()
        return samples["x"].index_select(0, indices), masks.masked_fill_(masks == UNJUDGED, IGNORED)

    def loss(self, network: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
        """See `Objective`."""
        return functional.cross_entropy(_masks(network(inputs)), targets, ignore_index=IGNORED)

    def predict(self, network: nn.Module, inputs: Tensor) -> dict[str, Tensor]:
        """See `Objective`."""
        shape = (len(inputs), self._problem.outputs, *inputs.shape[2:])
        return {"y": expect(_masks(network(inputs)), shape).argmax(1)}

    def example(self, batch: int) -> tuple[Tensor, Tensor]:
        """See `Objective`."""
        images = random_images(self._problem, batch)
        return images, torch.randint(self._problem.outputs, (batch, *images.shape[2:]))


def _masks(output: Any) -> Tensor:
    """The scores of pixels; torchvision's networks return them in a dictionary as `out`."""
    return cast("Tensor", output["out"] if isinstance(output, dict) else output)
