"""Batches as the loaders of each task give them, and what the fixed recipe makes of them."""

from __future__ import annotations

import types
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

DEVICE = torch.device("cpu")
CLASSES = 11
PRM = {"lr": 2e-3, "dropout": 0.0}


class Targets:
    """What LEMUR's loader of detection gives: no list, but indexed and moved like one."""

    def __init__(self, targets: list[dict[str, Tensor]]) -> None:
        self._targets = targets

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        return self._targets[index]

    def __len__(self) -> int:
        return len(self._targets)


def module_of(text: str) -> types.ModuleType:
    """Our own network as a module."""
    module = types.ModuleType("network")
    exec(compile(text, "network", "exec"), module.__dict__)  # noqa: S102 - our own code
    return module


def build(text: str, task: str, inputs: Tensor, **prm: float) -> Any:
    torch.manual_seed(0)
    return module_of(text).Net(tuple(inputs.shape), (CLASSES,), {**PRM, **prm}, DEVICE)


def batch(
    task: str, *, count: int = 4, channels: int = 3, height: int = 32, width: int = 32
) -> tuple[Tensor, Any]:
    """Inputs that tell the targets, so that a network can learn them."""
    generator = torch.Generator().manual_seed(0)
    if task == "txt-generation":
        tokens = torch.randint(CLASSES, (count, width + 1), generator=generator)
        return tokens[:, :-1], tokens[:, 1:]
    images = torch.randn(count, channels, height, width, generator=generator)
    labels = torch.arange(count) % (CLASSES - 1) + 1
    images[:, 0] += labels[:, None, None]
    if task == "img-classification":
        return images, labels
    if task == "img-segmentation":
        masks = torch.zeros(count, height, width, dtype=torch.int64)
        masks[:, : height // 2] = labels[:, None, None]
        masks[:, -1] = -1
        images[:, 0] += 2 * masks
        return images, masks
    if task == "obj-detection":
        side = torch.tensor([width, height, width, height])
        boxes = torch.tensor([[0.1, 0.1, 0.6, 0.7], [0.5, 0.4, 0.9, 0.9]]) * side
        pairs = [torch.stack([label, label % 10 + 1]) for label in labels]
        return images, Targets([{"boxes": boxes, "labels": pair} for pair in pairs])
    captions = torch.randint(4, CLASSES, (count, 2, 9), generator=generator)
    captions[:, :, 0], captions[:, :, 6], captions[:, :, 7:] = 1, 2, 0
    return images, captions


def fixed_loss(task: str, network: nn.Module, inputs: Tensor, targets: Any) -> Tensor:
    """The loss as the evaluator computes it."""
    if task == "obj-detection":
        return torch.stack(list(network(inputs, targets).values())).sum()
    if task == "img-captioning":
        captions = targets[:, 0]
        scores = network(inputs, captions)
        wanted = captions[:, captions.shape[1] - scores.shape[1] :]
        return functional.cross_entropy(scores.flatten(0, 1), wanted.flatten(), ignore_index=0)
    scores = network(inputs)
    if task == "txt-generation":
        return functional.cross_entropy(scores.flatten(0, 1), targets.flatten())
    return functional.cross_entropy(scores, targets, ignore_index=-1)


def predict(network: nn.Module, inputs: Tensor) -> Any:
    network.eval()
    with torch.inference_mode():
        return network(inputs)
