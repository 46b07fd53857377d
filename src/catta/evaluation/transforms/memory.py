"""Memory of large batches, taken again when nobody has the batch any more."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import math
import sys

import numpy as np
import torch
from torch import Tensor

LARGE = 32 << 20
"""Bytes from which on the C library gives memory back when it is freed: the next batch would pay a
page fault for each 4 KiB of its own, which takes longer than its transform."""

_MOST = 3
"""A batch is in use, one may still be looked at, and one is being made."""

_FREE = 2
"""References to an array that nobody has: the list's, and the argument's that counts them."""


class BatchMemory:
    """Hands out memory for float32 tensors."""

    def __init__(self) -> None:
        self._arrays: list[np.ndarray] = []

    def empty(self, shape: tuple[int, ...]) -> Tensor:
        """A tensor of this shape, with anything in it."""
        count = math.prod(shape)
        if count * 4 < LARGE:
            return torch.empty(shape)
        return torch.from_numpy(self._array(count)).reshape(shape)

    def _array(self, count: int) -> np.ndarray:
        """An array that no tensor, no view of one, and no graph of autograd has: each holds it."""
        for place in range(len(self._arrays)):
            if len(self._arrays[place]) == count and sys.getrefcount(self._arrays[place]) == _FREE:
                return self._arrays[place]
        fresh = np.empty(count, np.float32)
        self._arrays = [*self._arrays[1 - _MOST :], fresh]
        return fresh
