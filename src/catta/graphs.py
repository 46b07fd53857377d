"""The traced graph of a network: which operators one forward pass went through, in what order.

The level is the one that readers of networks think in: `conv2d`, `batch_norm`, `relu`, `cat`. A
graph is recorded in the sandbox, so its text comes from code that nobody trusts: `Graph.from_json`
lets only through what is a graph. Names of modules are still anybody's text: escape them.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard, cast

MAX_NODES = 20_000
"""A larger graph is not kept."""

MAX_EDGES = 5 * MAX_NODES
MAX_MODULE = 300
"""Characters of a module's path."""

MAX_SETTINGS = 16
"""Settings of one node, and numbers in one of them."""

INPUT = "input"
OUTPUT = "output"

_VERSION = 1
_WORD = re.compile(r"\w{1,100}", re.ASCII)
_LARGEST = 2**53  # what every database and JavaScript keeps
_FIELDS = 6


@dataclass(frozen=True, slots=True)
class GraphNode:
    """One operator of a forward pass.

    Attributes:
        operator: `input`, `output`, or the name of the function, in-place ones by that of the
            others: `conv2d`, `batch_norm`, `relu`, `add`, `cat`, `scaled_dot_product_attention`.
        inputs: Places of the nodes that it reads, all of them earlier ones; in the order of the
            arguments.
        shape: Of its (first) output, batch axis included.
        module: Dotted path of the module that called it; empty for the network itself.
        parameters: Elements of the parameters that enter here.
        settings: Numbers and short tuples that say more: `kernel`, `stride`, `padding`,
            `dilation`, `groups`, `p`, `dim`.
    """

    operator: str
    inputs: tuple[int, ...] = ()
    shape: tuple[int, ...] = ()
    module: str = ""
    parameters: int = 0
    settings: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class Graph:
    """The operators of a forward pass, in order of execution.

    Attributes:
        nodes: They refer to each other by their places.
    """

    nodes: tuple[GraphNode, ...]

    def followers(self) -> tuple[tuple[int, ...], ...]:
        """For each node the places of the nodes that read it, ascending."""
        found: list[dict[int, None]] = [{} for _ in self.nodes]
        for place, node in enumerate(self.nodes):
            for source in node.inputs:
                found[source][place] = None
        return tuple(tuple(places) for places in found)

    def to_json(self) -> str:
        """As compact JSON."""
        nodes = [
            [n.operator, n.inputs, n.shape, n.module, n.parameters, dict(n.settings)]
            for n in self.nodes
        ]
        return json.dumps({"version": _VERSION, "nodes": nodes}, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str | bytes) -> Graph:
        """From what `to_json` wrote.

        Raises:
            ValueError: It is no graph, or one that is too large.
        """
        try:
            found: Any = json.loads(text)
        except RecursionError as error:
            raise ValueError("a graph is nested too deeply") from error
        return cls.from_plain(found)

    @classmethod
    def from_plain(cls, found: object) -> Graph:
        """From what the JSON text of a graph parses to.

        Raises:
            ValueError: It is no graph, or one that is too large.
        """
        if not isinstance(found, dict):
            raise ValueError("a graph is no mapping")  # noqa: TRY004 - a value of plain data
        content = cast("dict[str, Any]", found)
        if content.get("version") != _VERSION or not isinstance(content.get("nodes"), list):
            raise ValueError("a graph has no nodes, or is of another version")
        rows: list[Any] = content["nodes"]
        if len(rows) > MAX_NODES:
            raise ValueError(f"a graph has more than {MAX_NODES:,} nodes")
        nodes = tuple(_node(place, row) for place, row in enumerate(rows))
        if sum(len(node.inputs) for node in nodes) > MAX_EDGES:
            raise ValueError(f"a graph has more than {MAX_EDGES:,} edges")
        return cls(nodes)


def _node(place: int, row: Any) -> GraphNode:
    if not isinstance(row, list) or len(cast("list[Any]", row)) != _FIELDS:
        raise ValueError(f"node {place} of a graph is none")
    operator, inputs, shape, module, parameters, settings = cast("list[Any]", row)
    good = (
        isinstance(operator, str)
        and _WORD.fullmatch(operator) is not None
        and _are_counts(inputs)
        and all(source < place for source in inputs)
        and _are_counts(shape)
        and isinstance(module, str)
        and len(module) <= MAX_MODULE
        and _is_count(parameters)
        and isinstance(settings, dict)
        and len(cast("dict[str, Any]", settings)) <= MAX_SETTINGS
        and all(_WORD.fullmatch(name) is not None for name in cast("dict[str, Any]", settings))
    )
    if not good:
        raise ValueError(f"node {place} of a graph is none")
    return GraphNode(
        operator=operator,
        inputs=tuple(inputs),
        shape=tuple(shape),
        module=module,
        parameters=parameters,
        settings={name: _setting(value) for name, value in settings.items()},
    )


def _setting(value: Any) -> object:
    if isinstance(value, list):
        items = cast("list[Any]", value)
        if len(items) <= MAX_SETTINGS and all(map(_is_number, items)):
            return tuple(items)
    elif _is_number(value) or (isinstance(value, str) and _WORD.fullmatch(value) is not None):
        return value
    raise ValueError("a setting in a graph is neither a number nor a word nor a few numbers")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and abs(value) < _LARGEST


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST


def _are_counts(value: object) -> TypeGuard[list[int]]:
    return isinstance(value, list) and all(map(_is_count, cast("list[object]", value)))
