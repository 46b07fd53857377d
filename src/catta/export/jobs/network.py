"""The network of a job, built and with its trained weights, inside the sandbox."""

# torch ships partly typed: what it leaves unknown is not our mistake.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from catta.evaluation.inspect_pretrained import random_weights
from catta.evaluation.instance import ContractError, instantiate, load_state
from catta.evaluation.train_job import work_of
from catta.evaluation.training import seed_everything
from catta.records import Problem, Recipe

MODULE_NAME = "catta_candidate"
WEIGHTS = "weights."
"""How the names of arrays begin that are weights."""

_TOLD_BATCH = 2


class SingleOutput(nn.Module):
    """A network that returns one tensor, whichever of its task's forms it has."""

    def __init__(self, network: nn.Module, *, half: bool = False) -> None:
        super().__init__()
        self.network = network.half() if half else network
        self._half = half

    def forward(self, inputs: Tensor) -> Tensor:
        """Scores, as float32, of a batch."""
        if self._half and inputs.is_floating_point():
            inputs = inputs.half()
        found = single(self.network(inputs))
        return found.float() if self._half else found


def single(output: object) -> Tensor:
    """The scores in what a network returns.

    Raises:
        ContractError: There are none, as in lists of boxes.
    """
    if isinstance(output, Mapping):
        output = cast("Mapping[str, object]", output).get("out")
    if isinstance(output, tuple) and output:
        output = cast("tuple[object, ...]", output)[0]
    if not isinstance(output, Tensor):
        raise ContractError(
            f"forward returns {type(output).__name__}; what is exported returns one tensor"
        )
    return output


def network_of(job: Mapping[str, Any], data: Mapping[str, np.ndarray]) -> nn.Module:
    """The network of a job in evaluation mode.

    Args:
        job: `source`, `problem`, `recipe`.
        data: Its weights, as `weights.<name>`; without any it keeps those it was born with.

    Raises:
        ContractError: The weights are of another network.
        Exception: Whatever the network raises.
    """
    problem = problem_of(job, data)
    recipe = Recipe.model_validate(job["recipe"])
    seed_everything(recipe.seed)
    batch = recipe.batch if recipe.track == "own" else _TOLD_BATCH
    shape, prm = (batch, *problem.sample), recipe.hyperparameters
    with random_weights():
        network = instantiate(
            job["source"], shape, problem.out_shape, prm, torch.device("cpu"), name=MODULE_NAME
        )
    network.eval()
    state = {
        name.removeprefix(WEIGHTS): torch.from_numpy(array)
        for name, array in data.items()
        if name.startswith(WEIGHTS)
    }
    if state:
        _load(network, state, problem)
    return network


def problem_of(job: Mapping[str, Any], data: Mapping[str, np.ndarray]) -> Problem:
    """What goes into the network of a job: what the transform makes of images, if there is one."""
    if job.get("transform") is None:
        return Problem.model_validate(job["problem"])
    recipe = Recipe.model_validate(job["recipe"])
    return work_of({**job, "predict": "validation"}, data, recipe).problem


def example(problem: Problem, batch: int) -> Tensor:
    """Inputs of noise: images (batch, C, H, W) float32, or tokens (batch, S) int64."""
    if len(problem.sample) == 1:
        return torch.randint(0, problem.outputs, (batch, *problem.sample))
    return torch.randn(batch, *problem.sample)


def _load(network: nn.Module, state: Mapping[str, Tensor], problem: Problem) -> None:
    if network.state_dict().keys() != state.keys():
        # Some networks make layers when they first see an input.
        with torch.no_grad():
            network(example(problem, _TOLD_BATCH))
    try:
        load_state(network, state)
    except RuntimeError as error:
        lines = [line.strip() for line in str(error).splitlines()]
        reason = lines[1] if len(lines) > 1 else lines[0]
        raise ContractError(f"the weights are of another network: {reason}") from error
