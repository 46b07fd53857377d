"""From the text of a network to the module itself, by executing it."""

from __future__ import annotations

import linecache
import sys
import types
from collections.abc import Mapping

import torch
from torch import nn


class ContractError(Exception):
    """A network does not keep the contract: what it is or returns is not what is asked for."""


def instantiate(
    source: str,
    in_shape: tuple[int, ...],
    out_shape: tuple[int, ...],
    prm: Mapping[str, float],
    device: torch.device,
    *,
    name: str,
) -> nn.Module:
    """Execute a module in this process and instantiate its `Net`.

    The text can do whatever this process can do: read, write and send files, start programs, change
    any other module. Call this inside a sandbox, or with a text that the user trusts.

    Args:
        source: Text of the module.
        in_shape: Shape of one batch, (N, C, H, W) for images.
        out_shape: (classes,) for classification.
        prm: Hyperparameters; the network gets a copy.
        device: Where it is to live.
        name: What the module is called; it takes the place of an earlier one of that name.

    Raises:
        ContractError: The module has no `Net` derived from `torch.nn.Module`.
        Exception: Whatever the text raises.
    """
    constructor = network_class(load_module(source, name=name))
    return constructor(in_shape, out_shape, dict(prm), device)


def load_module(source: str, *, name: str) -> types.ModuleType:
    """Execute a module in this process; the warnings of `instantiate` apply.

    Raises:
        Exception: Whatever the text raises.
    """
    module = types.ModuleType(name)
    sys.modules[name] = module  # dataclasses and typing look modules up by name
    filename = f"<{name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), module.__dict__)  # noqa: S102 - what this is for
    return module


def network_class(module: types.ModuleType) -> type[nn.Module]:
    """The `Net` of a module.

    Raises:
        ContractError: There is none that is derived from `torch.nn.Module`.
    """
    constructor = module.__dict__.get("Net")
    if not isinstance(constructor, type) or not issubclass(constructor, nn.Module):
        raise ContractError("Net is not a class derived from torch.nn.Module")
    return constructor


def load_state(network: nn.Module, state: Mapping[str, torch.Tensor]) -> None:
    """Load weights that were kept without the versions of their modules.

    A state that torch made carries versions, by which some modules (MNASNet of torchvision) tell
    files of older releases; these weights are of the network's own code, and so are its versions.

    Raises:
        RuntimeError: The weights are of another network.
    """
    own = network.state_dict()
    own.clear()
    own.update(state)
    network.load_state_dict(own)
