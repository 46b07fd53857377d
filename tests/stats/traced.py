"""Graphs of networks of our own, traced in this process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from catta.evaluation.graph_recorder import GraphRecorder
from catta.evaluation.inspect_meta import on_meta_device
from catta.graphs import Graph


class Block(nn.Module):
    """Layers by name, and what is done with them and the input."""

    def __init__(self, forward: Callable[[Any, Tensor], Any], **layers: nn.Module) -> None:
        super().__init__()
        for name, layer in layers.items():
            self.add_module(name, layer)
        self.function = forward

    def forward(self, x: Tensor) -> Any:
        return self.function(self, x)


def trace(make: Callable[[], nn.Module], shape: tuple[int, ...] = (2, 8, 16, 16)) -> Graph:
    """The graph of a network for an input of a shape; nothing is computed."""
    with on_meta_device(), torch.no_grad():
        network, inputs = make(), torch.zeros(shape)
        recorder = GraphRecorder(network, inputs)
        with recorder:
            outputs = network(inputs)
        graph = recorder.graph(outputs)
    assert graph is not None
    return graph
