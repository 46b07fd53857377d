"""The fingerprint of the traced graph: operators, shapes, edges; names and formatting gone.

Every tensor of a forward pass gets a hash of how it came to be: of the operator, its arguments and
the hashes of its inputs (a Merkle hash). The network's fingerprint is the hash of its output, so
that dead code and the order in which parallel branches run do not matter.
"""

# torch ships partly typed: what it leaves unknown is not our mistake.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

# Every trace has the same batch size, so that none enters the hash. It is not the one that the
# constructor is told: a network that only works with that one cannot be trained.
TRACE_BATCH = 3

_TRANSPARENT = frozenset({"alias", "lift_fresh"})
# Their output shape says all; the same view can be asked for in several ways.
_VIEWS = frozenset({"view", "_unsafe_view", "reshape"})
_COMMUTATIVE = frozenset({"add", "mul", "maximum", "minimum"})
# Small constants are told apart by value, such as a factor written into `forward`. Large ones are
# not: a table drawn at random depends on the order in which layers are defined.
_MAX_CONSTANT = 16


def graph_hash(network: nn.Module, sample: Sequence[int]) -> str:
    """Hash of the graph of one forward pass in the network's present mode, `g1:<32 hex digits>`.

    Parameters and buffers enter by their shapes; dropout rates, strides, kernels and all other
    arguments of operators by their values.

    Args:
        network: Called once, without gradients; running statistics change.
        sample: Shape of one input without the batch axis.
    """
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(TRACE_BATCH, *sample, generator=generator)
    recorder = Recorder(network, inputs)
    with recorder, torch.no_grad():
        output = network(inputs)
    return recorder.graph(network, output)


class Recorder(TorchDispatchMode):
    """Gives every tensor that an operator returns its hash.

    A tensor that was written to in place counts as the operator's result: `relu_` is `relu`. What
    shares its memory (a view, or what it is a view of) has another content from then on, so each
    memory has a history of writes, and a hash given before a write is mixed with what followed.

    Args:
        network: Its parameters and buffers enter by their shapes.
        inputs: What it is going to be called with.

    Attributes:
        exact: Whether everything that the hashes depend on was there: a constant on the meta
            device has no value.
    """

    def __init__(self, network: nn.Module, inputs: Tensor) -> None:
        super().__init__()
        self.exact = True
        self._hashes: dict[int, tuple[str, str]] = {}  # of a tensor's id: hash, history at the time
        self._writes: dict[int, str] = {}  # of an address: hash of the history
        self._alive: list[Tensor] = []  # ids and addresses are only unique while their tensor lives
        self.name(inputs, "input")
        for parameter in network.parameters():
            frozen = "" if parameter.requires_grad else "frozen "
            self.name(parameter, f"{frozen}parameter {tuple(parameter.shape)}")
        for buffer in network.buffers():
            self.name(buffer, f"buffer {tuple(buffer.shape)}")

    def graph(self, network: nn.Module, output: object) -> str:
        """Hash of the graph that led to an output: a tensor, or tensors in containers."""
        # Two layers that share weights look like two layers; the number of parameters tells.
        count = sum(p.numel() for p in network.parameters())
        leaves = [leaf for leaf in tree_leaves(output) if isinstance(leaf, Tensor)]
        return "g1:" + _digest(" ".join([*map(self.hash_of, leaves), str(count)]))[:32]

    def name(self, tensor: Tensor, text: str) -> None:
        """Give a tensor the hash of a text."""
        self._remember(tensor, _digest(text))

    def hash_of(self, tensor: Tensor) -> str:
        """Hash of a tensor's present content."""
        if id(tensor) not in self._hashes:
            self.exact &= not tensor.is_meta or tensor.numel() > _MAX_CONSTANT
            self.name(tensor, _constant(tensor))
        known, history = self._hashes[id(tensor)]
        now = self._history(tensor)
        return known if history == now else _digest(f"{known} then {now}")

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        named = kwargs or {}
        # Before the call: it may write to its arguments.
        text = self._describe(func, args, named)
        before = self.hash_of(args[0]) if args and isinstance(args[0], Tensor) else ""
        result: Any = func(*args, **named)
        transparent = func.overloadpacket.__name__ in _TRANSPARENT
        for tensor in _written(func, args, named):
            place = (tuple(tensor.shape), tensor.stride(), tensor.storage_offset())
            history = f"{self._history(tensor)} {place} {text}"
            self._writes[memory_of(tensor)] = _digest(history)
        outputs = [leaf for leaf in tree_leaves(result) if isinstance(leaf, Tensor)]
        for position, output in enumerate(outputs):
            if transparent:
                self._remember(output, before)
            else:
                self.name(output, f"{text}[{position}]:{tuple(output.shape)}")
        return result

    def _describe(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        name: str = func.overloadpacket.__name__
        if not name.startswith("__"):
            name = name.rstrip("_")
        tokens = [self._token(arg) for arg in args]
        if name in _VIEWS:
            return f"view({tokens[0]})"
        if name in _COMMUTATIVE and not kwargs and len(args) == 2:
            tokens.sort()
        tokens += [f"{key}={self._token(value)}" for key, value in sorted(kwargs.items())]
        return f"{name}({','.join(tokens)})"

    def _token(self, value: object) -> str:
        if isinstance(value, Tensor):
            return self.hash_of(value)
        if isinstance(value, list | tuple):
            return f"[{','.join(self._token(item) for item in value)}]"
        if isinstance(value, bool | int | float | complex | str | None):
            return repr(value)
        if isinstance(value, torch.device):
            return "cpu" if value.type == "meta" else str(value)  # nothing is computed: same graph
        if isinstance(value, torch.dtype | torch.layout | torch.memory_format):
            return str(value)
        return type(value).__name__  # its text may hold an address

    def _remember(self, tensor: Tensor, content: str) -> None:
        self._hashes[id(tensor)] = (content, self._history(tensor))
        self._alive.append(tensor)

    def _history(self, tensor: Tensor) -> str:
        return self._writes.get(memory_of(tensor), "")


def _written(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[Tensor]:
    """The arguments that an operator writes to, as its schema says."""
    schema = func._schema
    if not schema.is_mutable:
        return
    for position, argument in enumerate(schema.arguments):
        if argument.alias_info is None or not argument.alias_info.is_write:
            continue
        value = args[position] if position < len(args) else kwargs.get(argument.name)
        yield from (leaf for leaf in tree_leaves(value) if isinstance(leaf, Tensor))


def memory_of(tensor: Tensor) -> int:
    """Identity of the memory of a tensor, which views share; unique while one of them lives."""
    # Of the record that torch keeps of it, not its address: the meta device has none.
    return tensor.untyped_storage()._cdata  # pyright: ignore[reportPrivateUsage]


def _constant(tensor: Tensor) -> str:
    known = tensor.numel() <= _MAX_CONSTANT and not tensor.is_meta
    values = tensor.tolist() if known else ""
    return f"constant {tensor.dtype} {tuple(tensor.shape)} {values}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
