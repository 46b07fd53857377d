"""FLOPs of operators that torch counts none for."""

# torch ships partly typed: what it leaves unknown is not our mistake.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch


def _lstm_flops(inputs: Sequence[int], *weights: Any, **_: Any) -> int:
    """FLOPs of one direction of one LSTM layer.

    Args:
        inputs: Shape (steps, batch, features).
        weights: Shapes of the input and of the recurrent weights, (4 x hidden, ...), come first.
    """
    return 2 * inputs[0] * inputs[1] * (math.prod(weights[0]) + math.prod(weights[1]))


MISSING_FLOPS = {torch.ops.aten.mkldnn_rnn_layer: _lstm_flops}
"""The kernel that runs LSTMs on a CPU."""
