"""A transform applied to the data of a training, inside the sandbox."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from catta.evaluation.objectives import MakeObjective, Objective, objective_of
from catta.evaluation.transforms.parsing import steps_of
from catta.evaluation.transforms.pipeline import (
    Pipeline,
    followed,
    for_evaluation,
    for_training,
    halves,
    sample_of,
)
from catta.evaluation.transforms.stage import TransformError
from catta.evaluation.transforms.transformed import DENSE, Transformed, targets_resized
from catta.records import Problem

NORM = "norm"
_PROBES = 4
_SHARE = 4
"""Transformed images kept in memory may take this part of the memory of a training."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Applied:
    """What a training works on.

    Attributes:
        problem: With the shape of a sample that the transform gives.
        objective: Gives transformed batches of `samples`.
        samples: The training split, done as far as it is the same in each epoch.
        inputs: What is predicted for, done as far as memory allows.
        rest: The steps that are left for `inputs`.
        slow: Steps that go through the images one by one, in each epoch.
    """

    problem: Problem
    objective: Objective
    samples: Mapping[str, Tensor]
    inputs: Tensor
    rest: Pipeline
    slow: tuple[str, ...]


def apply(
    source: str,
    problem: Problem,
    samples: Mapping[str, Tensor],
    inputs: Tensor,
    norm: np.ndarray,
    *,
    memory_mb: int,
    make: MakeObjective = objective_of,
) -> Applied:
    """Apply the transform of a module's text.

    Args:
        source: Text of the module; it is executed.
        problem: With the shape of the images as they are now.
        samples: The training split; images are uint8.
        inputs: Images (V, C, H, W) uint8 that are predicted for.
        norm: (2, C): mean and deviation of the channels, which the module gets.
        memory_mb: Memory of the training in MiB.
        make: Gives the objective of the problem with the images as they become.

    Raises:
        TransformError: The transform is none, or does not suit the images or the task.
        Exception: Whatever the module raises.
    """
    probes = samples["x"][:_PROBES].clone()
    mean, std = (tuple(map(float, row)) for row in norm)
    stages = steps_of(source, (mean, std), probes)
    training, evaluation = for_training(stages, probes), for_evaluation(stages, probes)
    if problem.task in DENSE:
        followed(training)
        followed(evaluation)
    sample = sample_of(training, probes)
    if sample_of(evaluation, probes) != sample:
        raise TransformError("without its random steps, the transform gives images of another size")
    new = problem.model_copy(update={"sample": sample})
    budget = memory_mb * (1 << 20) // _SHARE
    total = len(samples["x"]) + len(inputs)
    known = dict(samples)
    known["x"], left = halves(training, known["x"], budget * len(samples["x"]) // total)
    done, rest = halves(evaluation, inputs, budget * len(inputs) // total)
    targets_resized(known, problem, new)
    return Applied(
        problem=new,
        objective=Transformed(make(new), left, problem, new),
        samples=known,
        inputs=done,
        rest=rest,
        slow=left.slow,
    )
