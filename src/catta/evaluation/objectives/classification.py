"""Classification of images: scores of shape (B, classes), cross-entropy."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from catta.evaluation.objectives.images import expect, random_images
from catta.evaluation.objectives.objective import Samples
from catta.records import Problem


class Classification:
    """Predicts `scores`, (B, classes) float32."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem

    def batch(self, samples: Samples, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Images and labels (B,)."""
        return samples["x"].index_select(0, indices), samples["y"].index_select(0, indices)

    def loss(self, network: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
        """See `Objective`."""
        return functional.cross_entropy(network(inputs), targets)

    def predict(self, network: nn.Module, inputs: Tensor) -> dict[str, Tensor]:
        """See `Objective`."""
        return {"scores": expect(network(inputs), (len(inputs), self._problem.outputs)).float()}

    def example(self, batch: int) -> tuple[Tensor, Tensor]:
        """See `Objective`."""
        labels = torch.randint(self._problem.outputs, (batch,))
        return random_images(self._problem, batch), labels
