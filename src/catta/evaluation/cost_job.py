"""The job `costs` of the sandboxed child: what one forward pass of a network takes."""

# torch ships partly typed: what it leaves unknown is not our mistake.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from catta.evaluation.instance import instantiate
from catta.evaluation.missing_flops import MISSING_FLOPS
from catta.evaluation.objectives import maker_of
from catta.evaluation.training import seed_everything
from catta.records import Problem, Recipe

WARM_UP, PASSES = 3, 15
"""Forward passes before timing, and timed ones."""


def cost_job(
    job: Mapping[str, Any], data: Mapping[str, np.ndarray], *, name: str
) -> dict[str, Any]:
    """Build a network under a recipe and let it predict the first validation sample.

    Args:
        job: `source`, `problem`, `recipe`; `objective` where the task is not Catta's.
        data: Arrays of the dataset.
        name: What the module is called.

    Returns:
        Trainable `parameters`, `flops` of one sample, `latency`: the median of the seconds that
        predicting one sample takes on the processor.

    Raises:
        Exception: Whatever the network raises.
    """
    problem = Problem.model_validate(job["problem"])
    recipe = Recipe.model_validate(job["recipe"])
    objective = maker_of(job)(problem)
    one = torch.from_numpy(data["validation_x"][:1])
    seed_everything(recipe.seed)
    batch = recipe.batch if recipe.track == "own" else 2
    shape, prm = (batch, *problem.sample), recipe.hyperparameters
    device = torch.device("cpu")
    network = instantiate(job["source"], shape, problem.out_shape, prm, device, name=name)
    network.eval()
    with torch.inference_mode():
        with FlopCounterMode(display=False, custom_mapping=MISSING_FLOPS) as counter:
            objective.predict(network, one)
        seconds: list[float] = []
        for _ in range(WARM_UP + PASSES):
            begin = time.perf_counter()
            objective.predict(network, one)
            seconds.append(time.perf_counter() - begin)
    return {
        "parameters": sum(p.numel() for p in network.parameters() if p.requires_grad),
        "flops": counter.get_total_flops(),
        "latency": statistics.median(seconds[WARM_UP:]),
    }
