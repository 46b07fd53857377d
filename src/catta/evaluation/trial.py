"""What happens inside the sandboxed child: the one place where a candidate's code runs."""

# torch ships partly typed: what it leaves unknown is not our mistake.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from catta.evaluation.child import Output, Result
from catta.evaluation.cost_job import cost_job
from catta.evaluation.graph_recorder import GraphRecorder
from catta.evaluation.graphs import packed
from catta.evaluation.inspecting import inspect_source
from catta.evaluation.instance import ContractError, instantiate
from catta.evaluation.missing_flops import MISSING_FLOPS
from catta.evaluation.trace import TRACE_BATCH, graph_hash
from catta.evaluation.train_job import train_job
from catta.evaluation.training import seed_everything
from catta.records import Problem, Recipe

MODULE_NAME = "catta_candidate"
TINY_BATCH = 2


def perform(job: Mapping[str, Any], data: Mapping[str, np.ndarray]) -> Output:
    """Do one job: `build`, `fit`, `train`, `costs` or `inspect`.

    Args:
        job: `kind` and what the kind needs; plain data that came over the wire.
        data: The memory-mapped arrays of the dataset, read only.

    Returns:
        A JSON-able header and arrays, or for a training what yields these epoch by epoch.

    Raises:
        Exception: Whatever the candidate's code raises; the caller reports it.
    """
    kind = job["kind"]
    torch.set_flush_denormal(True)
    if kind == "build":
        return _build(job)
    if kind == "fit":
        return _fit(job)
    if kind == "train":
        return train_job(job, data, name=MODULE_NAME)
    if kind == "costs":
        return cost_job(job, data, name=MODULE_NAME), {}
    if kind == "inspect":
        return inspect_source(job, name=MODULE_NAME)
    raise ValueError(f"unknown job {kind!r}")


def load_network(
    source: str, problem: Problem, recipe: Recipe, device: torch.device | None = None
) -> nn.Module:
    """Execute a module and instantiate its `Net`. Only ever call this inside a sandbox."""
    in_shape = (TINY_BATCH, *problem.sample)
    where = device or torch.device("cpu")
    return instantiate(
        source, in_shape, problem.out_shape, recipe.hyperparameters, where, name=MODULE_NAME
    )


def _build(job: Mapping[str, Any]) -> Result:
    begin = time.perf_counter()
    problem, recipe = _settings(job)
    network = _seeded_network(job["source"], problem, recipe)
    parameters = _trainable(network)
    inputs = torch.randn(TINY_BATCH, *problem.sample)
    network.train()
    calls = GraphRecorder(network, inputs)
    with FlopCounterMode(display=False, custom_mapping=MISSING_FLOPS) as counter, calls:
        outputs = network(inputs)
    outputs = _checked(outputs, TINY_BATCH, problem)
    traced = packed(calls.graph(outputs))
    del calls  # it holds all tensors of the pass
    if not outputs.requires_grad:
        raise ContractError("forward returns a tensor that does not depend on any parameter")
    outputs.square().mean().backward()
    graph = graph_hash(network, inputs.shape[1:])
    _predict_once(network, problem)
    facts = {
        "parameters": parameters,
        "flops": counter.get_total_flops() // TINY_BATCH,
        "graph": graph,
        "seconds": time.perf_counter() - begin,
    }
    return facts, traced


def _predict_once(network: nn.Module, problem: Problem) -> None:
    """What works in training mode may fail in evaluation mode; better now than after an epoch."""
    network.eval()
    with torch.inference_mode():
        inputs = torch.randn(TRACE_BATCH, *problem.sample)
        _checked(network(inputs), TRACE_BATCH, problem)


def _fit(job: Mapping[str, Any]) -> Result:
    """The first of several sources that keeps the caps, by its index, and what building it shows.

    It is found without computing: on the meta device a network has shapes and no values, and
    thirty-eight million parameters cost nothing.
    """
    problem, recipe = _settings(job)
    error = "no source keeps the caps"
    for index, source in enumerate(job["sources"]):
        with torch.device("meta"):
            network = load_network(source, problem, recipe, torch.device("meta"))
            inputs = torch.empty(TINY_BATCH, *problem.sample)
            parameters = _trainable(network)
            if parameters > job["caps"]["parameters"]:
                continue
            with FlopCounterMode(display=False, custom_mapping=MISSING_FLOPS) as counter:
                outputs = network(inputs)
        if tuple(outputs.shape) != (TINY_BATCH, *problem.out_shape):
            error = f"output has shape {tuple(outputs.shape)}"
            break
        if counter.get_total_flops() // TINY_BATCH <= job["caps"]["flops"]:
            facts, traced = _build({**job, "source": source})
            return {"index": index, **facts}, traced
    return {"index": -1, "reason": error}, {}


def _seeded_network(source: str, problem: Problem, recipe: Recipe) -> nn.Module:
    """A network whose initial weights only depend on its source and the recipe's seed."""
    seed_everything(recipe.seed)
    return load_network(source, problem, recipe)


def _settings(job: Mapping[str, Any]) -> tuple[Problem, Recipe]:
    return Problem.model_validate(job["problem"]), Recipe.model_validate(job["recipe"])


def _trainable(network: nn.Module) -> int:
    count = sum(p.numel() for p in network.parameters() if p.requires_grad)
    if count == 0:
        raise ContractError("the network has no trainable parameter")
    return count


def _checked(outputs: object, batch: int, problem: Problem) -> Tensor:
    wanted = (batch, *problem.out_shape)
    if not isinstance(outputs, Tensor):
        raise ContractError(f"forward returns {type(outputs).__name__}, not a tensor")
    if tuple(outputs.shape) != wanted:
        raise ContractError(f"forward returns shape {tuple(outputs.shape)}, wanted {wanted}")
    if not outputs.is_floating_point():
        raise ContractError(f"forward returns {outputs.dtype}, not floating-point values")
    if not bool(torch.isfinite(outputs).all()):
        raise ContractError("forward returns values that are not finite")
    return outputs
