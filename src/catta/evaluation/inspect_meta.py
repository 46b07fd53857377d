"""Everything on the meta device, where tensors have shapes and no values: nothing is computed."""

# torch ships partly typed: what it leaves unknown is not our mistake.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

META = torch.device("meta")

_DEVICE_NAMES = re.compile(r"(cpu|cuda|mps)(:\d+)?")
_STAYING = frozenset({Tensor.cpu, Tensor.cuda})
_NOT_OF_THE_NETWORK = re.compile(r"meta|item\(\)|device|data|numpy|bool|symbol", re.IGNORECASE)

_OPAQUE = (AssertionError, NotImplementedError)
"""Errors whose text need not say what they are about."""


@contextmanager
def on_meta_device() -> Generator[None]:
    """Create tensors on the meta device within the block, and keep them there."""
    with META, _Staying():
        yield


def may_be_of_meta(error: BaseException) -> bool:
    """Whether an error may be due to values being absent, rather than to the network itself."""
    text = f"{type(error).__name__}: {error}"
    return isinstance(error, _OPAQUE) or _NOT_OF_THE_NETWORK.search(text) is not None


class _Staying(TorchFunctionMode):
    """Puts the meta device wherever another one is named.

    Many networks choose a device of their own, and a tensor without values cannot be moved there.
    """

    def __torch_function__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if func in _STAYING:
            return args[0]
        named = {
            key: META if key == "device" and value is not None else _moved(value)
            for key, value in (kwargs or {}).items()
        }
        if func is Tensor.to:
            args = (args[0], *(_moved_by_name(argument) for argument in args[1:]))
        return func(*map(_moved, args), **named)


def _moved(argument: Any) -> Any:
    return META if isinstance(argument, torch.device) else argument


def _moved_by_name(argument: Any) -> Any:
    """Names and numbers of devices too; a number is a device only as an argument of `to`."""
    if isinstance(argument, str) and _DEVICE_NAMES.fullmatch(argument):
        return META
    return META if type(argument) is int else argument
