"""COCO's mean average precision of detected objects."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torchmetrics.detection import MeanAveragePrecision

from catta.records import Problem
from catta.tasks.metric import Arrays

_FURTHEST = 1e4
"""No image is as large; COCO's evaluation forgives detections with an area of more than 1e10."""


def compute_all(
    problem: Problem, predictions: Arrays, targets: Arrays, words: Sequence[str]
) -> dict[str, float]:
    """`map50` and `map`, both in 0..1; 0 where no image has an object.

    As COCO defines them: the mean over the classes that occur of the average precision, sampled at
    101 recalls, with at most 100 detections an image; `map` is the mean over the thresholds of IoU
    0.50, 0.55 to 0.95.
    """
    metric = MeanAveragePrecision(backend="faster_coco_eval")
    labels, scores = predictions["labels"], predictions["scores"]
    boxes = np.clip(predictions["boxes"], -_FURTHEST, _FURTHEST)
    boxes[..., 2:] = np.maximum(boxes[..., 2:], boxes[..., :2])  # an area is never negative
    detected: list[dict[str, Tensor]] = []
    wanted: list[dict[str, Tensor]] = []
    for index in range(len(labels)):
        some, there = labels[index] > 0, targets["labels"][index] > 0
        detected.append(
            {
                "boxes": torch.from_numpy(boxes[index][some]),
                "scores": torch.from_numpy(scores[index][some]),
                "labels": torch.from_numpy(labels[index][some]),
            }
        )
        wanted.append(
            {
                "boxes": torch.from_numpy(targets["boxes"][index][there]),
                "labels": torch.from_numpy(targets["labels"][index][there]),
            }
        )
    metric.update(detected, wanted)
    values = metric.compute()
    # it gives -1 where there is nothing to detect
    return {
        name: max(0.0, float(values[key])) for name, key in (("map50", "map_50"), ("map", "map"))
    }
