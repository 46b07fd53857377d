"""Captions of images: the following word from the words before in training, whole captions later.

In training mode `forward(images, captions)` returns scores of shape (B, L, words), or these and the
targets they are for; in evaluation mode `forward(images)` returns tokens (B, L) or scores.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from catta.evaluation.instance import ContractError
from catta.evaluation.objectives.images import random_images
from catta.evaluation.objectives.objective import Samples
from catta.records import Problem
from catta.tasks.built_in import LONGEST_CAPTION
from catta.tasks.targets import END, PADDING, START, UNKNOWN


class Captioning:
    """Predicts `captions`, (B, 32) int64, filled up with padding."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem

    def batch(self, samples: Samples, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Images and all their captions, (B, R, L)."""
        return samples["x"].index_select(0, indices), samples["captions"].index_select(0, indices)

    def loss(self, network: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy of one reference of each image, drawn anew each time.

        Position i of the scores is for token i of the caption if there are as many, for token i + 1
        if there is one less; a network that returns its own targets decides itself.
        """
        chosen = torch.randint(targets.shape[1], (1,)).item()
        captions = targets[:, int(chosen)]
        output: Any = network(inputs, captions)
        if isinstance(output, tuple):
            scores, wanted = cast("tuple[Tensor, Tensor]", output[:2])
        else:
            scores = cast("Tensor", output)
            wanted = captions[:, captions.shape[1] - scores.shape[1] :]
        if scores.dim() != 3 or scores.shape[:2] != wanted.shape:
            raise ContractError(f"scores of shape {tuple(scores.shape)} suit no caption")
        flat = scores.reshape(-1, scores.shape[-1])
        return functional.cross_entropy(flat, wanted.reshape(-1), ignore_index=PADDING)

    def predict(self, network: nn.Module, inputs: Tensor) -> dict[str, Tensor]:
        """See `Objective`."""
        output: Any = network(inputs)
        tokens = cast("Tensor", output[0] if isinstance(output, tuple) else output)
        if tokens.dim() == 3:
            tokens = tokens.argmax(-1)
        if tokens.dim() != 2 or len(tokens) != len(inputs):
            raise ContractError(f"forward returns shape {tuple(tokens.shape)}, no captions")
        tokens = tokens[:, :LONGEST_CAPTION].long()
        missing = LONGEST_CAPTION - tokens.shape[1]
        return {"captions": functional.pad(tokens, (0, missing), value=PADDING)}

    def example(self, batch: int) -> tuple[Tensor, Tensor]:
        """Two captions of each image."""
        captions = torch.randint(UNKNOWN + 1, max(self._problem.outputs, 5), (batch, 2, 8))
        captions[..., 0], captions[..., -2], captions[..., -1] = START, END, PADDING
        return random_images(self._problem, batch), captions
