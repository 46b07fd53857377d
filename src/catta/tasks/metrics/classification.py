"""Accuracy, top-5 accuracy and macro F1 of classified images."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torchmetrics.functional.classification import multiclass_accuracy, multiclass_f1_score

from catta.records import Problem
from catta.tasks.metric import Arrays

_TOP = 5


def compute_all(
    problem: Problem, predictions: Arrays, targets: Arrays, words: Sequence[str]
) -> dict[str, float]:
    """`acc`, `top5` and `f1`, each in 0..1.

    Of five classes or fewer `top5` is 1. `f1` is the mean of the classes that were predicted or
    should have been.
    """
    scores, labels = torch.tensor(predictions["scores"]), torch.tensor(targets["y"])
    classes = problem.outputs
    accuracy, top5 = (
        multiclass_accuracy(scores, labels, num_classes=classes, average="micro", top_k=top)
        for top in (1, min(_TOP, classes))
    )
    f1 = multiclass_f1_score(scores, labels, num_classes=classes, average="macro")
    return {"acc": float(accuracy), "top5": float(top5), "f1": float(f1)}
