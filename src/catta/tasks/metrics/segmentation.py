"""Mean intersection over union and pixel accuracy of segmented images."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torchmetrics.classification import MulticlassJaccardIndex

from catta.records import Problem
from catta.tasks.metric import Arrays
from catta.tasks.targets import UNJUDGED

_PIXELS = 1 << 22
"""Pixels that are counted at once."""


def compute_all(
    problem: Problem, predictions: Arrays, targets: Arrays, words: Sequence[str]
) -> dict[str, float]:
    """`iou` and `pixel_acc`, both in 0..1, of the pixels that are judged.

    `iou` is the mean of the classes, background included, that were predicted or should have been,
    each over the pixels of all images.
    """
    predicted, wanted = predictions["y"], targets["y"]
    metric = MulticlassJaccardIndex(
        num_classes=problem.outputs, average="macro", ignore_index=UNJUDGED
    )
    step = max(1, _PIXELS // wanted[0].size)
    for start in range(0, len(wanted), step):
        some = slice(start, start + step)
        metric.update(torch.tensor(predicted[some]), torch.tensor(wanted[some]).long())
    confusion = metric.confmat.double()
    return {
        "iou": float(metric.compute()),
        "pixel_acc": float(confusion.trace() / confusion.sum().clamp(min=1)),
    }
