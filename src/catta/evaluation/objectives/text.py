"""Texts: the following token after each, scores of shape (B * S, words) or (B, S, words)."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from catta.evaluation.objectives.images import expect
from catta.evaluation.objectives.objective import Samples
from catta.records import Problem


class TextGeneration:
    """Predicts `scores`, (B, S, words) float32."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem

    def batch(self, samples: Samples, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens and the tokens that follow, both (B, S)."""
        return samples["x"].index_select(0, indices), samples["y"].index_select(0, indices)

    def loss(self, network: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
        """See `Objective`."""
        scores = self._scores(network, inputs)
        return functional.cross_entropy(scores.flatten(0, 1), targets.flatten())

    def predict(self, network: nn.Module, inputs: Tensor) -> dict[str, Tensor]:
        """See `Objective`."""
        scores = self._scores(network, inputs)
        return {"scores": expect(scores, (*inputs.shape, self._problem.outputs)).float()}

    def example(self, batch: int) -> tuple[Tensor, Tensor]:
        """See `Objective`."""
        shape = (batch, *self._problem.sample)
        words = self._problem.outputs
        return torch.randint(words, shape), torch.randint(words, shape)

    def _scores(self, network: nn.Module, inputs: Tensor) -> Tensor:
        output = network(inputs)
        scores = cast("Tensor", output[0] if isinstance(output, tuple) else output)
        return scores.view(*inputs.shape, -1) if scores.dim() == 2 else scores
