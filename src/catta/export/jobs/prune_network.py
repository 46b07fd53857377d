"""The jobs of the worker that prunes: channels are taken out of a network, with torch-pruning."""

# torch ships partly typed and torch-pruning not at all: what they leave unknown is not our mistake.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingImports=false

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import torch_pruning
from torch import Tensor, nn

from catta.evaluation.child import Output
from catta.evaluation.instance import ContractError
from catta.export.jobs.network import WEIGHTS, SingleOutput, example, network_of, problem_of, single

_BATCH = 2
_TOLERANCE = 1e-4


class NotPrunableError(Exception):
    """Channels of this network cannot be taken out, or not be written down."""


def perform(job: Mapping[str, Any], data: Mapping[str, np.ndarray]) -> Output:
    """Do one job: `prune`, or `verify` that a text stands for a network that was pruned.

    Args:
        job: `kind`, `source`, `problem`, `recipe`; `amount` of the channels of each layer, 0..1.
        data: Weights; for `verify` the `probe` and the `outputs` that `prune` returned.

    Returns:
        Of `prune` the `widths` of the layers that became narrower, by name: for convolutions
        (in, out, groups), for linear layers (in, out), for normalisation what its constructor
        takes; the weights, a `probe` and the pruned network's `outputs` for it.

    Raises:
        NotPrunableError: Nothing can be taken out, or the network is not what its text says.
        Exception: Whatever the network raises.
    """
    warnings.simplefilter("ignore")
    if job["kind"] == "verify":
        return _verify(job, data)
    problem, network = problem_of(job, data), network_of(job, data)
    torch.manual_seed(0)
    probe = example(problem, _BATCH)
    before = {name: _widths(layer) for name, layer in network.named_modules()}
    with torch.no_grad():
        shape = single(network(probe)).shape
    _prune(network, probe, problem.outputs, float(job["amount"]))
    with torch.no_grad():
        outputs = single(network(probe))
    if outputs.shape != shape:
        raise NotPrunableError("without these channels it returns another shape")
    widths = {
        name: list(found)
        for name, layer in network.named_modules()
        if (found := _widths(layer)) is not None and found != before[name]
    }
    if not widths:
        raise NotPrunableError("no layer has channels that can be taken out")
    arrays = {f"{WEIGHTS}{name}": _plain(value) for name, value in network.state_dict().items()}
    arrays |= {"probe": _plain(probe), "outputs": _plain(outputs)}
    return {"widths": widths}, arrays


def _prune(network: nn.Module, probe: Tensor, outputs: int, amount: float) -> None:
    for parameter in network.parameters():
        parameter.requires_grad_(True)
    last = [
        layer
        for layer in network.modules()
        if getattr(layer, "out_features", getattr(layer, "out_channels", None)) == outputs
    ]
    whole = SingleOutput(network).eval()
    try:
        pruner = torch_pruning.pruner.BasePruner(
            whole,
            probe,
            importance=torch_pruning.importance.GroupMagnitudeImportance(p=2),
            pruning_ratio=amount,
            ignored_layers=last,
        )
        pruner.step()
    except Exception as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise NotPrunableError(f"torch-pruning cannot follow its channels ({lines[0]})") from error
    network.eval()


def _verify(job: Mapping[str, Any], data: Mapping[str, np.ndarray]) -> Output:
    try:
        network = network_of(job, data)
        with torch.no_grad():
            found = single(network(torch.from_numpy(data["probe"]))).numpy()
    except (ContractError, RuntimeError, LookupError, AttributeError, TypeError) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise NotPrunableError(
            f"it has parts that are not layers of its own ({lines[0]})"
        ) from error
    expected = data["outputs"]
    scale = max(float(np.abs(expected).max(initial=0.0)), 1.0)
    if found.shape != expected.shape or np.abs(found - expected).max() > _TOLERANCE * scale:
        raise NotPrunableError("it computes with widths that are not those of its layers")
    return {"same": True}, {}


def _widths(layer: nn.Module) -> tuple[int, ...] | None:
    """What a layer's constructor has to be told to make it so wide; None of other layers."""
    if isinstance(layer, (nn.Conv1d, nn.Conv2d, nn.ConvTranspose2d)):
        return layer.in_channels, layer.out_channels, layer.groups
    if isinstance(layer, nn.Linear):
        return layer.in_features, layer.out_features
    if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d, nn.InstanceNorm2d)):
        return (layer.num_features,)
    if isinstance(layer, nn.GroupNorm):
        return layer.num_groups, layer.num_channels
    if isinstance(layer, nn.LayerNorm):
        return tuple(layer.normalized_shape)
    if isinstance(layer, nn.PReLU):
        return (layer.num_parameters,)
    return None


def _plain(value: Tensor) -> np.ndarray:
    plain = value.detach().float() if value.is_floating_point() else value.long()
    return np.ascontiguousarray(plain.numpy())
