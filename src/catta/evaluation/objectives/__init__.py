"""How networks of each task are trained and asked, inside the sandbox: one file a task."""

from __future__ import annotations

from collections.abc import Callable

from catta.evaluation.objectives.captioning import Captioning
from catta.evaluation.objectives.classification import Classification
from catta.evaluation.objectives.detection import Detection
from catta.evaluation.objectives.objective import Objective
from catta.evaluation.objectives.segmentation import Segmentation
from catta.evaluation.objectives.text import TextGeneration
from catta.records import Problem

__all__ = ["Objective", "objective_of"]

_OBJECTIVES: dict[str, Callable[[Problem], Objective]] = {
    "img-classification": Classification,
    "img-segmentation": Segmentation,
    "obj-detection": Detection,
    "img-captioning": Captioning,
    "txt-generation": TextGeneration,
}


def objective_of(problem: Problem) -> Objective:
    """What training and prediction mean for a problem.

    Raises:
        KeyError: The task is unknown.
    """
    return _OBJECTIVES[problem.task](problem)
