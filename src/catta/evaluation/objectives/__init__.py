"""How networks of each task are trained and asked, inside the sandbox: one file a task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from catta.evaluation.objectives.captioning import Captioning
from catta.evaluation.objectives.classification import Classification
from catta.evaluation.objectives.detection import Detection
from catta.evaluation.objectives.objective import Objective
from catta.evaluation.objectives.own import load_objective
from catta.evaluation.objectives.segmentation import Segmentation
from catta.evaluation.objectives.text import TextGeneration
from catta.records import Problem

__all__ = ["MakeObjective", "Objective", "maker_of", "objective_of"]

MakeObjective = Callable[[Problem], Objective]

_OBJECTIVES: dict[str, MakeObjective] = {
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


def maker_of(job: Mapping[str, Any]) -> MakeObjective:
    """What gives the objective of a job's problem: Catta's, or the one that the job brings.

    Args:
        job: With `objective`, where the task is not Catta's (see `load_objective`).

    Raises:
        ObjectiveError: What the job brings cannot be loaded.
    """
    reference = job.get("objective")
    return objective_of if reference is None else load_objective(reference)
