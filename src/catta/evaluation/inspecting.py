"""Static facts of a network, found in the sandboxed child: the smallest input that works, its size.

On the meta device nothing is computed, and a network of a hundred million parameters costs as much
as one of a thousand. Where a network needs values (it turns a tensor into a number, say), or an
error may be due to their absence, real tensors decide.
"""

# torch ships partly typed: what it leaves unknown is not our mistake.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.dropout import (
    _DropoutNd,  # pyright: ignore[reportPrivateUsage] - what all dropouts derive from
)
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter
from torch.utils.flop_counter import FlopCounterMode

from catta.evaluation.graph_recorder import GraphRecorder
from catta.evaluation.graphs import packed
from catta.evaluation.inspect_meta import META, may_be_of_meta, on_meta_device
from catta.evaluation.inspect_operators import OperatorRecorder
from catta.evaluation.inspect_pretrained import random_weights
from catta.evaluation.instance import ContractError, load_module, network_class
from catta.evaluation.missing_flops import MISSING_FLOPS
from catta.evaluation.problem_shapes import PROBLEM_SHAPES, ProblemShape
from catta.evaluation.trace import TRACE_BATCH, Recorder
from catta.evaluation.training import seed_everything
from catta.graphs import Graph

_TOLD_BATCH = 2
_CAPTION_TOKENS = 16
_COMMON = {"lr": 0.01, "momentum": 0.9, "dropout": 0.2, "batch": _TOLD_BATCH}
_OTHER = 0.5
_UNINITIALIZED = (UninitializedBuffer, UninitializedParameter)


class _Hyperparameters(dict[str, float]):
    """LEMUR's others are uniform in 0..1, and some networks read what they do not declare."""

    def __missing__(self, name: str) -> float:
        return _OTHER


@dataclass(frozen=True, kw_only=True, slots=True)
class _Subject:
    """What is inspected."""

    module: ModuleType
    constructor: type[nn.Module]
    shape: ProblemShape


def inspect_source(
    job: Mapping[str, Any], *, name: str
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Find the smallest input that a network works with, and what it is like there.

    Args:
        job: `source`, `task`, and the `sizes` that are tried in turn.
        name: What the module is called.

    Returns:
        The fields of `catta.records.Structure`, as plain data; and the graph, where it is not too
        large, as `catta.evaluation.graphs` packs it.

    Raises:
        Exception: What it raised at the last of the sizes.
    """
    begin = time.perf_counter()
    with random_weights() as weights:
        module = load_module(job["source"], name=name)
        subject = _Subject(
            module=module,
            constructor=network_class(module),
            shape=PROBLEM_SHAPES[job["task"]],
        )
        found, graph = _smallest(subject, job["sizes"])
    seconds = time.perf_counter() - begin
    return found | {"pretrained": weights.requested, "seconds": seconds}, packed(graph)


def _smallest(subject: _Subject, sizes: Iterable[int]) -> tuple[dict[str, Any], Graph | None]:
    failure: Exception = ContractError("there is no size to try")
    for size in sizes:
        for computed in (False, True):
            try:
                return _look(subject, size, computed=computed)
            except Exception as error:  # noqa: BLE001 - a network may raise anything
                failure = error
                if not may_be_of_meta(error):
                    break
    raise failure


def _look(subject: _Subject, size: int, *, computed: bool) -> tuple[dict[str, Any], Graph | None]:
    """Instantiate, pass once in training and once in evaluation mode.

    Raises:
        Exception: Whatever the network raises.
        ContractError: It returns something else than its task asks for.
    """
    seed_everything(0)
    shape = subject.shape
    with nullcontext() if computed else on_meta_device():
        network = _instantiate(subject, size, torch.device("cpu") if computed else META)
        inputs = _inputs(shape, size, TRACE_BATCH)
        targets = _targets(shape, size)
        network.train()
        if any(isinstance(tensor, _UNINITIALIZED) for tensor in _tensors(network)):
            with torch.no_grad():
                network(inputs, *targets)
        operators, graph = OperatorRecorder([inputs]), Recorder(network, inputs)
        calls = GraphRecorder(network, (inputs, targets))
        flops = FlopCounterMode(display=False, custom_mapping=MISSING_FLOPS)
        with torch.no_grad(), flops, operators, graph, calls:
            outputs = network(inputs, *targets)
        graph_hash, traced = graph.graph(network, outputs), calls.graph(outputs)
        network.eval()
        with torch.no_grad():
            _check(network(inputs), shape)
    facts = {
        **_sizes(network),
        **_tree(network),
        "resolution": size,
        "flops": flops.get_total_flops() // TRACE_BATCH,
        "depth": operators.depth,
        "operators": dict(sorted(operators.counts.items())),
        "attention": operators.attention,
        "residual": operators.residual,
        "activation_bytes": operators.activation_bytes // TRACE_BATCH,
        "graph": graph_hash if computed or _is_exact(network, operators, graph) else None,
        "computed": computed,
    }
    return facts, traced


def _is_exact(network: nn.Module, operators: OperatorRecorder, graph: Recorder) -> bool:
    """Whether a graph on the meta device is that on a CPU, which has kernels for some layers."""
    recurrent = any(isinstance(module, nn.LSTM) for module in network.modules())
    return graph.exact and not recurrent and "_safe_softmax" not in operators.counts


def _instantiate(subject: _Subject, size: int, device: torch.device) -> nn.Module:
    declared = getattr(subject.module, "supported_hyperparameters", set[str])()
    prm = _Hyperparameters({**dict.fromkeys(declared, _OTHER), **_COMMON})
    told = (_TOLD_BATCH, *_inputs(subject.shape, size, 1).shape[1:])
    network = subject.constructor(told, (subject.shape.classes,), prm, device)
    return network.to(device)


def _inputs(shape: ProblemShape, size: int, batch: int) -> Tensor:
    if shape.inputs == "tokens":
        return torch.randint(0, shape.classes, (batch, size))
    return torch.randn(batch, 3, size, size)


def _targets(shape: ProblemShape, size: int) -> tuple[Any, ...]:
    if shape.targets == "captions":
        return (torch.randint(4, shape.classes, (TRACE_BATCH, _CAPTION_TOKENS)),)
    if shape.targets == "boxes":
        box = [[0.25 * size, 0.25 * size, 0.75 * size, 0.75 * size]]
        one = {"boxes": torch.tensor(box), "labels": torch.ones(1, dtype=torch.int64)}
        return ([dict(one) for _ in range(TRACE_BATCH)],)
    return ()


def _check(outputs: Any, shape: ProblemShape) -> None:
    """Whether an output in evaluation mode is of the kind that the task asks for."""
    if shape.output == "anything":
        return
    if shape.output == "detections":
        if not isinstance(outputs, list) or len(outputs) != TRACE_BATCH:
            raise ContractError(f"forward returns {type(outputs).__name__}, not a list of boxes")
        return
    if shape.output == "masks" and isinstance(outputs, dict):
        outputs = outputs.get("out")
    if shape.output == "words" and isinstance(outputs, tuple):
        outputs = outputs[0]
    if not isinstance(outputs, Tensor):
        raise ContractError(f"forward returns {type(outputs).__name__}, not a tensor")
    found = tuple(outputs.shape)
    fits = {
        "scores": found == (TRACE_BATCH, shape.classes),
        "masks": len(found) == 4 and found[:2] == (TRACE_BATCH, shape.classes),
        "words": len(found) > 1 and found[-1] == shape.classes,
    }
    if not fits[shape.output]:
        raise ContractError(f"forward returns shape {found}, which are no {shape.output}")


def _sizes(network: nn.Module) -> dict[str, int]:
    parameters, buffers = list(network.parameters()), list(network.buffers())
    return {
        "parameters": sum(p.numel() for p in parameters),
        "trainable": sum(p.numel() for p in parameters if p.requires_grad),
        "parameter_bytes": sum(p.numel() * p.element_size() for p in parameters),
        "buffer_bytes": sum(b.numel() * b.element_size() for b in buffers),
    }


def _tree(network: nn.Module) -> dict[str, int]:
    named = [(name, module) for name, module in network.named_modules() if name]
    return {
        "layers": len(named),
        "leaf_layers": sum(next(module.children(), None) is None for _, module in named),
        "nesting": max((name.count(".") + 1 for name, _ in named), default=0),
        "dropouts": sum(isinstance(module, _DropoutNd) for _, module in named),
    }


def _tensors(network: nn.Module) -> list[Tensor]:
    return [*network.parameters(), *network.buffers()]
