"""Recording the graph of a forward pass at the level of functions: `conv2d`, `batch_norm`, `cat`.

`torch.fx` cannot trace everything and ATen is too fine to read. A mode that sees every call of a
torch function sees the outermost ones, which are what people write.
"""

# torch ships partly typed: what it leaves unknown is not our mistake.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self

from torch import Tensor, nn
from torch.nn.modules.module import (
    register_module_forward_hook,
    register_module_forward_pre_hook,
)
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

from catta.evaluation.graph_operators import is_transparent, operator_name, refined, settings_of
from catta.evaluation.trace import memory_of
from catta.graphs import INPUT, MAX_EDGES, MAX_MODULE, MAX_NODES, OUTPUT, Graph, GraphNode

_MOST_CALLS = 4 * MAX_NODES
"""What is recorded before that which nobody uses is left out."""


class GraphRecorder(TorchFunctionMode):
    """Records the calls of torch functions as the nodes of a graph.

    Tensors are told apart by identity. What was written to in place comes from then on from the
    call that wrote, and so does what shares its memory. Calls that only hand a tensor on (`detach`,
    `contiguous`) are no nodes; of a tensor that another mechanism made (a compiled function) the
    memory tells where it comes from.

    Args:
        network: Names the modules; its parameters are counted where they enter.
        inputs: What the network is going to be called with, in any containers.
    """

    def __init__(self, network: nn.Module, inputs: object) -> None:
        super().__init__()
        self._calls: list[GraphNode] = []
        self._places: dict[int, int] = {}  # of a tensor's id
        self._written: dict[int, int] = {}  # of a memory: the last call that wrote there
        self._made: dict[int, int] = {}  # of a memory: the first call that returned it
        self._alive: list[object] = []  # ids are only unique while their objects live
        self._overflow = False
        self._weights = {id(tensor): tensor.numel() for tensor in network.parameters()}
        self._own = {id(tensor) for tensor in (*network.parameters(), *network.buffers())}
        self._modules = _Modules(network)
        for tensor in _tensors(inputs):
            self._remember(tensor, self._append(GraphNode(INPUT, shape=tuple(tensor.shape))))

    def __enter__(self) -> Self:
        self._modules.follow()
        super().__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, traceback)
        self._modules.leave()

    def graph(self, outputs: object) -> Graph | None:
        """What led to the outputs, in any containers; None where it is too large to be kept."""
        if self._overflow:
            return None
        leaves = list(_tensors(outputs))
        ends = tuple(place for leaf in leaves if (place := self._place_of(leaf)) is not None)
        shape = tuple(leaves[0].shape) if leaves else ()
        calls = [*self._calls, GraphNode(OUTPUT, ends, shape)]
        nodes = _needed(calls)
        if len(nodes) > MAX_NODES or sum(len(node.inputs) for node in nodes) > MAX_EDGES:
            return None
        return Graph(tuple(nodes))

    def __torch_function__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        named = kwargs or {}
        given = list(_tensors((args, named)))
        versions = [_version(tensor) for tensor in given]
        # Before the call: it may write to its arguments.
        inputs = tuple(place for tensor in given if (place := self._place_of(tensor)) is not None)
        result: Any = func(*args, **named)
        if self._overflow:
            return result
        written = [
            tensor
            for tensor, version in zip(given, versions, strict=True)
            if _version(tensor) != version and id(tensor) not in self._own
        ]
        made = list(_tensors(result))
        fresh = [tensor for tensor in made if all(tensor is not other for other in given)]
        if not written and not fresh:
            return result  # a question, or a tensor that was handed on as it is
        name = operator_name(func)
        if not written and len(inputs) == 1 and is_transparent(name):
            for tensor in fresh:
                self._remember(tensor, inputs[0])
            return result
        self._record(name, args, named, given, inputs, written, made or written)
        return result

    def _record(
        self,
        name: str,
        args: tuple[Any, ...],
        named: Mapping[str, Any],
        given: list[Tensor],
        inputs: tuple[int, ...],
        written: list[Tensor],
        made: list[Tensor],
    ) -> None:
        settings = settings_of(name, args, named)
        node = GraphNode(
            operator=refined(name, settings),
            inputs=inputs,
            shape=tuple(made[0].shape),
            module=self._modules.path,
            parameters=sum(self._weights.get(id(tensor), 0) for tensor in given),
            settings=settings,
        )
        place = self._append(node)
        for tensor in written:
            self._written[memory_of(tensor)] = place
            self._remember(tensor, place)
        for tensor in made:
            if id(tensor) not in self._own:
                self._remember(tensor, place)

    def _append(self, node: GraphNode) -> int:
        self._overflow |= len(self._calls) >= _MOST_CALLS
        if not self._overflow:
            self._calls.append(node)
        return len(self._calls) - 1

    def _remember(self, tensor: Tensor, place: int) -> None:
        self._places[id(tensor)] = place
        self._made.setdefault(memory_of(tensor), place)
        self._alive.append(tensor)

    def _place_of(self, tensor: Tensor) -> int | None:
        """The call that a tensor's present content comes from; None for weights and constants."""
        if id(tensor) in self._own:
            return None
        memory = memory_of(tensor)
        place = self._places.get(id(tensor), self._made.get(memory))
        last = self._written.get(memory)
        return place if last is None or (place is not None and place > last) else last


class _Modules:
    """Knows which module is being called, by hooks on all modules.

    Args:
        network: Its modules have paths; what it calls beside them counts as its caller.
    """

    def __init__(self, network: nn.Module) -> None:
        self._names = {id(module): _printable(name) for name, module in network.named_modules()}
        self._stack: list[str] = []
        self._hooks: list[Any] = []

    @property
    def path(self) -> str:
        """Dotted path of the module that is being called; empty for the network itself."""
        return self._stack[-1] if self._stack else ""

    def follow(self) -> None:
        """Begin to follow the calls."""
        self._hooks = [
            register_module_forward_pre_hook(self._enter),
            register_module_forward_hook(self._leave, always_call=True),
        ]

    def leave(self) -> None:
        """Follow them no longer."""
        for hook in self._hooks:
            hook.remove()
        self._hooks.clear()

    def _enter(self, module: nn.Module, _args: Any) -> None:
        self._stack.append(self._names.get(id(module), self.path))

    def _leave(self, _module: nn.Module, _args: Any, _result: Any) -> None:
        if self._stack:
            self._stack.pop()


def _needed(calls: list[GraphNode]) -> list[GraphNode]:
    """Without the calls that do not lead to the last one; inputs stay."""
    needed = {len(calls) - 1}
    for place in range(len(calls) - 1, -1, -1):
        if place in needed:
            needed.update(calls[place].inputs)
        elif calls[place].operator == INPUT:
            needed.add(place)
    renumbered = {place: number for number, place in enumerate(sorted(needed))}
    return [
        GraphNode(
            operator=node.operator,
            inputs=tuple(renumbered[source] for source in node.inputs),
            shape=node.shape,
            module=node.module,
            parameters=node.parameters,
            settings=node.settings,
        )
        for node in (calls[place] for place in sorted(needed))
    ]


def _tensors(values: object) -> Iterator[Tensor]:
    leaves: Iterable[object] = tree_leaves(values)
    return (leaf for leaf in leaves if isinstance(leaf, Tensor))


def _version(tensor: Tensor) -> int:
    """How often its memory was written to; what is made in inference mode does not count."""
    return 0 if tensor.is_inference() else tensor._version


def _printable(name: str) -> str:
    text = "".join(c if c.isprintable() else "?" for c in name[: MAX_MODULE + 1])
    return text if len(text) <= MAX_MODULE else text[: MAX_MODULE - 3] + "..."
