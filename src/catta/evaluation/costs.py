"""The parent's side of what a network costs: asks the sandbox, and judges what comes back."""

from __future__ import annotations

import math
from dataclasses import dataclass

from catta.evaluation.worker import Worker
from catta.records import Outcome, Problem, Recipe, Stage, Verdict
from catta.tasks.objective_text import with_objective

SECONDS = 60.0
_LARGEST = 2**53


@dataclass(frozen=True, kw_only=True, slots=True)
class Costs:
    """What one forward pass of one sample takes, under the hyperparameters of a recipe.

    Attributes:
        parameters: Number of trainable parameters.
        flops: FLOPs (a multiply-add counts as two).
        latency: Median seconds of predicting a batch of one on this machine's processor.
    """

    parameters: int
    flops: int
    latency: float


def measure_costs(
    worker: Worker, source: str, *, problem: Problem, recipe: Recipe
) -> Costs | Verdict:
    """Build a network and let it predict one sample of the validation split; it is not trained.

    Returns:
        Its costs, or how it failed.
    """
    job = {
        "kind": "costs",
        "source": source,
        "problem": problem.model_dump(),
        "recipe": recipe.model_dump(),
        **with_objective(problem.task),
    }
    reply = worker.run(job, seconds=SECONDS, memory_mb=recipe.memory_mb)
    if reply.failure is not None:
        return Verdict(outcome=reply.failure, stage=Stage.BUILD, error=reply.error)
    parameters, flops, latency = (
        reply.header.get(name) for name in ("parameters", "flops", "latency")
    )
    if not (
        isinstance(parameters, int)
        and isinstance(flops, int)
        and isinstance(latency, float)
        and 0 <= parameters < _LARGEST
        and 0 <= flops < _LARGEST
        and 0 <= latency < math.inf
    ):
        reason = "the network returned no costs that are numbers"
        return Verdict(outcome=Outcome.INVALID, stage=Stage.BUILD, error=reason)
    return Costs(parameters=parameters, flops=flops, latency=latency)
