"""What happens inside the sandboxed child: the one place where a candidate's code runs."""

from __future__ import annotations

import linecache
import sys
import time
import types
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from catta.evaluation.trace import graph_hash
from catta.evaluation.training import predict, seed_everything, train
from catta.records import Recipe, Shapes

MODULE_NAME = "catta_candidate"
TINY_BATCH = 2

Arrays = dict[str, np.ndarray]


class ContractError(Exception):
    """A network does not keep the contract: what it is or returns is not what is asked for."""


def perform(
    job: Mapping[str, Any], data: Mapping[str, np.ndarray]
) -> tuple[dict[str, Any], Arrays]:
    """Do one job: `build`, `fit` or `train`.

    Args:
        job: `kind` and what the kind needs; plain data that came over the wire.
        data: The memory-mapped arrays of the dataset, read only.

    Returns:
        A JSON-able header and arrays.

    Raises:
        Exception: Whatever the candidate's code raises; the caller reports it.
    """
    kind = job["kind"]
    torch.set_flush_denormal(True)
    if kind == "build":
        return _build(job), {}
    if kind == "fit":
        return _fit(job), {}
    if kind == "train":
        return _train(job, data)
    raise ValueError(f"unknown job {kind!r}")


def load_network(
    source: str, shapes: Shapes, recipe: Recipe, device: torch.device | None = None
) -> nn.Module:
    """Execute a module and instantiate its `Net`. Only ever call this inside a sandbox."""
    module = types.ModuleType(MODULE_NAME)
    sys.modules[MODULE_NAME] = module  # dataclasses and typing look modules up by name
    filename = f"<{MODULE_NAME}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), module.__dict__)  # noqa: S102 - the sandbox is for this
    constructor = module.__dict__.get("Net")
    if not isinstance(constructor, type) or not issubclass(constructor, nn.Module):
        raise ContractError("Net is not a class derived from torch.nn.Module")
    in_shape = (TINY_BATCH, shapes.channels, shapes.height, shapes.width)
    where = device or torch.device("cpu")
    return constructor(in_shape, (shapes.classes,), dict(recipe.hyperparameters), where)


def _build(job: Mapping[str, Any]) -> dict[str, Any]:
    begin = time.perf_counter()
    shapes, recipe = _settings(job)
    seed_everything(recipe.seed)
    network = load_network(job["source"], shapes, recipe)
    parameters = _trainable(network)
    inputs = torch.randn(TINY_BATCH, shapes.channels, shapes.height, shapes.width)
    network.train()
    with FlopCounterMode(display=False) as counter:
        outputs = _checked(network(inputs), shapes)
    outputs.square().mean().backward()
    graph = graph_hash(network, inputs, network)
    return {
        "parameters": parameters,
        "flops": counter.get_total_flops() // TINY_BATCH,
        "graph": graph,
        "seconds": time.perf_counter() - begin,
    }


def _fit(job: Mapping[str, Any]) -> dict[str, Any]:
    """Index of the first of several sources that keeps the caps, measured without computing.

    On the meta device a network has shapes and no values: thirty-eight million parameters cost
    nothing.
    """
    shapes, recipe = _settings(job)
    error = "no source keeps the caps"
    for index, source in enumerate(job["sources"]):
        with torch.device("meta"):
            network = load_network(source, shapes, recipe, torch.device("meta"))
            inputs = torch.empty(TINY_BATCH, shapes.channels, shapes.height, shapes.width)
            parameters = _trainable(network)
            if parameters > job["caps"]["parameters"]:
                continue
            with FlopCounterMode(display=False) as counter:
                outputs = network(inputs)
        if tuple(outputs.shape) != (TINY_BATCH, shapes.classes):
            error = f"output has shape {tuple(outputs.shape)}"
            break
        if counter.get_total_flops() // TINY_BATCH <= job["caps"]["flops"]:
            return {"index": index}
    return {"index": -1, "reason": error}


def _train(job: Mapping[str, Any], data: Mapping[str, np.ndarray]) -> tuple[dict[str, Any], Arrays]:
    shapes, recipe = _settings(job)
    split = job["predict"]
    images = torch.from_numpy(data["train_x"])
    labels = torch.from_numpy(data["train_y"])
    inputs = torch.from_numpy(data[f"{split}_x"])
    seed_everything(recipe.seed)
    network = load_network(job["source"], shapes, recipe)
    losses: list[float] = []
    seconds: list[float] = []
    arrays: Arrays = {}
    for epoch, (loss, elapsed) in enumerate(train(network, images, labels, recipe), start=1):
        losses.append(loss)
        seconds.append(elapsed)
        if split == "validation" or epoch == recipe.epochs:
            scores = predict(network, inputs)
            arrays[f"scores_{epoch}"] = np.ascontiguousarray(scores.numpy(), dtype=np.float32)
    return {"losses": losses, "seconds": seconds}, arrays


def _settings(job: Mapping[str, Any]) -> tuple[Shapes, Recipe]:
    return Shapes.model_validate(job["shapes"]), Recipe.model_validate(job["recipe"])


def _trainable(network: nn.Module) -> int:
    count = sum(p.numel() for p in network.parameters() if p.requires_grad)
    if count == 0:
        raise ContractError("the network has no trainable parameter")
    return count


def _checked(outputs: object, shapes: Shapes) -> Tensor:
    wanted = (TINY_BATCH, shapes.classes)
    if not isinstance(outputs, Tensor):
        raise ContractError(f"forward returns {type(outputs).__name__}, not a tensor")
    if tuple(outputs.shape) != wanted:
        raise ContractError(f"forward returns shape {tuple(outputs.shape)}, wanted {wanted}")
    if not outputs.is_floating_point() or not outputs.requires_grad:
        raise ContractError("forward returns a tensor that cannot be trained")
    if not bool(torch.isfinite(outputs).all()):
        raise ContractError("forward returns values that are not finite")
    return outputs
