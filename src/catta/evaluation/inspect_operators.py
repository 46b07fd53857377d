"""What the operators of one forward pass show: their numbers, depth, attention, residuals."""

# torch ships partly typed: what it leaves unknown is not our mistake.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from catta.evaluation.trace import memory_of

_BOOKKEEPING = frozenset({"alias", "detach", "lift_fresh"})
_PRODUCTS = frozenset({"bmm", "baddbmm", "mm", "matmul"})
_WEIGHTED = _PRODUCTS | {
    *("convolution", "addmm", "addmv", "mv", "linear"),
}
_SOFTMAX = frozenset({"_softmax", "softmax", "_safe_softmax"})
# A softmax that has passed through these is still one: reshaped, scaled, dropped out.
_KEEPING = frozenset(
    {
        *("view", "_unsafe_view", "reshape", "expand", "transpose", "permute", "unsqueeze"),
        *("squeeze", "clone", "contiguous", "_to_copy", "native_dropout", "mul", "div", "t"),
    }
)


@dataclass(frozen=True, slots=True)
class _Flow:
    """How a tensor depends on the input: weight layers on the longest path; whether a softmax."""

    depth: int = 0
    softmax: bool = False


class OperatorRecorder(TorchDispatchMode):
    """Looks at every operator of a forward pass.

    Args:
        inputs: What the network is going to be called with.

    Attributes:
        counts: Operators by their name in ATen, in-place ones by that of the others.
        depth: Convolutions and products with weights on the longest path; a recurrent layer has
            one for each step.
        attention: Whether a softmax of activations is multiplied, as a matrix, with activations,
            or torch's own function for that is used.
        residual: Whether two activations of one shape are added.
        activation_bytes: Bytes of memory that the operators' results take up, views excluded.
    """

    def __init__(self, inputs: Iterable[Tensor]) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()
        self.depth = 0
        self.attention = False
        self.residual = False
        self.activation_bytes = 0
        self._alive: list[Tensor] = list(inputs)  # addresses are only unique while a tensor lives
        # By memory: what is written into a part of a tensor is in the tensor too.
        self._flows: dict[int, _Flow] = {memory_of(tensor): _Flow() for tensor in self._alive}

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        result: Any = func(*args, **(kwargs or {}))
        name: str = func.overloadpacket.__name__
        if not name.startswith("__"):
            name = name.rstrip("_") or name
        given = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        made = [leaf for leaf in tree_leaves(result) if isinstance(leaf, Tensor)]
        if name not in _BOOKKEEPING:
            self.counts[name] += 1
            self._countmemory_of(given, made)
        self._follow(name, given, made)
        return result

    def _follow(self, name: str, given: list[Tensor], made: list[Tensor]) -> None:
        active = [tensor for tensor in given if memory_of(tensor) in self._flows]
        if not active:
            return
        flows = [self._flows[memory_of(tensor)] for tensor in active]
        depth = max(flow.depth for flow in flows)
        if name == "mkldnn_rnn_layer":
            depth += given[0].shape[0]  # what other devices run step by step
        elif name in _WEIGHTED and len(active) < len(given):
            depth += 1
        softmax = any(flow.softmax for flow in flows)
        two = len(active) == 2 and memory_of(active[0]) != memory_of(active[1])
        self.attention |= "scaled_dot_product" in name or (name in _PRODUCTS and two and softmax)
        self.residual |= name == "add" and two and active[0].shape == active[1].shape
        self.depth = max(self.depth, depth)
        kept = name in _SOFTMAX or (softmax and name in _KEEPING)
        for tensor in made:
            self._alive.append(tensor)
            self._flows[memory_of(tensor)] = _Flow(depth, kept)

    def _countmemory_of(self, given: list[Tensor], made: list[Tensor]) -> None:
        known = {memory_of(tensor) for tensor in given}
        for tensor in made:
            if memory_of(tensor) not in known:
                known.add(memory_of(tensor))
                self.activation_bytes += tensor.numel() * tensor.element_size()
