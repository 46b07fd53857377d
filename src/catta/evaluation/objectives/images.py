"""What the tasks on images share."""

from __future__ import annotations

import torch
from torch import Tensor

from catta.evaluation.instance import ContractError
from catta.records import Problem


def random_images(problem: Problem, batch: int) -> Tensor:
    """Normalised images of noise, (batch, C, H, W)."""
    return torch.randn(batch, *problem.sample)


def expect(output: object, shape: tuple[int, ...]) -> Tensor:
    """The output, if it is a finite tensor of that shape.

    Raises:
        ContractError: It is not.
    """
    if not isinstance(output, Tensor):
        raise ContractError(f"forward returns {type(output).__name__}, not a tensor")
    if tuple(output.shape) != shape:
        raise ContractError(f"forward returns shape {tuple(output.shape)}, expected {shape}")
    if not bool(torch.isfinite(output).all()):
        raise ContractError("forward returns values that are not finite")
    return output
