"""Detection of objects, as in torchvision: losses in training, boxes in evaluation.

In training mode `forward(images, targets)` returns a dictionary of losses; in evaluation mode
`forward(images)` returns a list with a dictionary of `boxes`, `labels` and `scores` for each image.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import torch
from torch import Tensor, nn

from catta.evaluation.instance import ContractError
from catta.evaluation.objectives.images import random_images
from catta.evaluation.objectives.objective import Samples
from catta.records import Problem
from catta.tasks.built_in import MOST_BOXES

Target = dict[str, Tensor]


class Targets:
    """The targets of a batch: a sequence of dictionaries that moves to a device as a tensor does.

    LEMUR's loader wraps its targets like this, and its networks rely on it.
    """

    def __init__(self, targets: list[Target]) -> None:
        self.targets = targets

    def to(self, device: torch.device | str) -> Targets:
        """The same targets on a device."""
        self.targets = [{key: t.to(device) for key, t in target.items()} for target in self.targets]
        return self

    def __getitem__(self, index: int) -> Target:
        return self.targets[index]

    def __iter__(self) -> Iterator[Target]:
        return iter(self.targets)

    def __len__(self) -> int:
        return len(self.targets)


class Detection:
    """Predicts `boxes` (B, 100, 4), `scores` (B, 100) float32 and `labels` (B, 100) int64.

    Labels count from 1; 0 stands where there is no further box.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem

    def batch(self, samples: Samples, indices: Tensor) -> tuple[Tensor, Targets]:
        """Images and their objects."""
        images = samples["x"].index_select(0, indices)
        boxes, labels = (
            samples["boxes"].index_select(0, indices),
            samples["labels"].index_select(0, indices),
        )
        rows = zip(indices.tolist(), boxes, labels, strict=True)
        return images, Targets([_target(i, b, n, images) for i, b, n in rows])

    def loss(self, network: nn.Module, inputs: Tensor, targets: Targets) -> Tensor:
        """See `Objective`."""
        losses = network(inputs, targets)
        if not isinstance(losses, dict) or not losses:
            raise ContractError("forward in training mode returns no dictionary of losses")
        return torch.stack(list(cast("dict[str, Tensor]", losses).values())).sum()

    def predict(self, network: nn.Module, inputs: Tensor) -> dict[str, Tensor]:
        """See `Objective`."""
        found = network(inputs)
        if not isinstance(found, list | tuple) or len(cast("list[Any]", found)) != len(inputs):
            raise ContractError("forward in evaluation mode returns no list with an entry an image")
        boxes = torch.zeros(len(inputs), MOST_BOXES, 4)
        scores = torch.zeros(len(inputs), MOST_BOXES)
        labels = torch.zeros(len(inputs), MOST_BOXES, dtype=torch.int64)
        for i, one in enumerate(cast("list[dict[str, Tensor]]", found)):
            best = one["scores"].float().argsort(descending=True)[:MOST_BOXES]
            count = len(best)
            boxes[i, :count] = one["boxes"][best].float()
            scores[i, :count] = one["scores"][best].float()
            labels[i, :count] = one["labels"][best].long()
        return {"boxes": boxes, "scores": scores, "labels": labels}

    def example(self, batch: int) -> tuple[Tensor, Targets]:
        """Two objects on each image."""
        images = random_images(self._problem, batch)
        side = images.shape[-1]
        boxes = torch.tensor([[0.1, 0.1, 0.5, 0.6], [0.4, 0.3, 0.9, 0.9]]) * side
        labels = torch.tensor([1, self._problem.outputs - 1])
        return images, Targets([_target(i, boxes, labels, images) for i in range(batch)])


def _target(number: int, boxes: Tensor, labels: Tensor, images: Tensor) -> Target:
    real = labels > 0
    kept = boxes[real]
    return {
        "boxes": kept,
        "labels": labels[real],
        "image_id": torch.tensor([number]),
        "orig_size": torch.tensor(images.shape[-2:]),
        "area": (kept[:, 2] - kept[:, 0]) * (kept[:, 3] - kept[:, 1]),
        "iscrowd": torch.zeros(len(kept), dtype=torch.int64),
    }
