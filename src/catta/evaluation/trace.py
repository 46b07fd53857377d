"""The fingerprint of the traced graph: operators, shapes, edges; names and formatting gone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

_SKIPPED = frozenset({"detach", "alias", "lift_fresh"})


class _Recorder(TorchDispatchMode):
    """Gives every tensor a hash of how it came to be (a Merkle hash).

    Only what the output depends on enters the output's hash: dead code and the order in which
    parallel branches run do not matter.
    """

    def __init__(self, batch: int) -> None:
        super().__init__()
        self._batch = batch
        self._hashes: dict[int, str] = {}
        self._alive: list[Tensor] = []  # an id is only unique while its tensor lives

    def name(self, tensor: Tensor, text: str) -> None:
        self._hashes[id(tensor)] = _digest(text)
        self._alive.append(tensor)

    def hash_of(self, tensor: Tensor) -> str:
        known = self._hashes.get(id(tensor))
        return known or _digest(f"constant {self._shape(tensor)}")

    def _shape(self, tensor: Tensor) -> str:
        """Shape with the batch axis made anonymous, so that the batch size does not matter."""
        sizes = [
            "N" if axis == 0 and size == self._batch else str(size)
            for axis, size in enumerate(tensor.shape)
        ]
        return "x".join(sizes)

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        result: Any = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__
        inputs = [self._token(leaf) for leaf in tree_flatten((args, kwargs or {}))[0]]
        outputs = [leaf for leaf in tree_flatten(result)[0] if isinstance(leaf, Tensor)]
        if name in _SKIPPED and outputs and isinstance(args[0], Tensor):
            self._hashes[id(outputs[0])] = self.hash_of(args[0])
            self._alive.append(outputs[0])
            return result
        # relu_ is relu: where the result is written does not make another network.
        text = f"{name.rstrip('_')}({','.join(inputs)})"
        for position, output in enumerate(outputs):
            self.name(output, f"{text}[{position}]:{self._shape(output)}")
        return result

    def _token(self, leaf: object) -> str:
        if isinstance(leaf, Tensor):
            return self.hash_of(leaf)
        if isinstance(leaf, bool | float | str | type(None)):
            return repr(leaf)
        if isinstance(leaf, int):
            return "N" if leaf == self._batch else str(leaf)
        return str(leaf)


def graph_hash(network: nn.Module, inputs: Tensor, forward: Callable[[Tensor], Any]) -> str:
    """Hash of the graph of one forward pass, `g1:<32 hex digits>`.

    Args:
        network: Its parameters and buffers enter by their shapes.
        inputs: One batch; its size does not enter.
        forward: Called with the batch; returns the output tensor.
    """
    recorder = _Recorder(inputs.shape[0])
    recorder.name(inputs, "input")
    for tensor in network.parameters():
        recorder.name(tensor, f"parameter {tuple(tensor.shape)}")
    for tensor in network.buffers():
        recorder.name(tensor, f"buffer {tuple(tensor.shape)}")
    with recorder, torch.no_grad():
        output = forward(inputs)
    # Two layers that share weights look like two layers; the number of parameters tells.
    count = sum(p.numel() for p in network.parameters())
    return "g1:" + _digest(f"{recorder.hash_of(output)} {count}")[:32]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
