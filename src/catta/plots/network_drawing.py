"""A network's graph as a drawing: operators as boxes, shapes on the edges between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catta.errors import UsageError
from catta.graphs import INPUT, OUTPUT, Graph, GraphNode
from catta.plots.collapsing import Box, boxes, contents, edges
from catta.plots.dot import INK, QUIET, Drawing, digraph, head, literal, tip

if TYPE_CHECKING:
    from graphviz import Digraph

_TIMES = "\N{MULTIPLICATION SIGN}"
_FEW = 50
_FEWEST = 5
_EDGES_A_BOX = 2
_SHAPES = 2
"""Shapes that are written on one edge; more are counted."""
_DEFAULTS = {"stride": "1", "padding": "0", "dilation": "1", "groups": "1"}
_SETTINGS = ("kernel", "stride", "padding", "dilation", "groups", "p", "dim")

_KINDS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("conv", "linear", "embedding", "matmul", "bmm", "einsum", "lstm", "gru"), "#BBDDF2"),
    (("norm",), "#E7E0EE"),
    (("attention", "softmax"), "#F6DDC8"),
    (("pool", "interpolate", "upsample"), "#D3EBDD"),
    (("add", "cat", "mul", "sub", "stack", "concat"), "#FBF3C0"),
)
"""Parts of operators' names and pale colours; the names are written, too."""


def network_graph(graph: Graph, *, title: str = "", most: int = _FEW) -> Drawing:
    """A drawing of a traced graph.

    Of a graph with more nodes than `most` neighbours are put together by the modules that they
    are of: such a box is named after its module and says what it holds. Shapes are without the
    batch axis.

    Args:
        graph: What `Corpus.graphs` holds.
        title: What stands above it; the counts of operators and parameters follow.
        most: Boxes to draw.

    Raises:
        UsageError: The package graphviz is not installed, the graph is empty, or `most` is below 5.
    """
    if most < _FEWEST:
        raise UsageError(f"most: a drawing needs at least {_FEWEST} boxes")
    if not graph.nodes:
        raise UsageError("the graph has no nodes")
    found, between = _readable(graph, most)
    drawing = digraph(
        direction="TB", nodesep="0.25", ranksep="0.28", label=_title(graph, found, title),
        nslimit="1", mclimit="0.3",
    )  # fmt: skip
    for place, box in enumerate(found):
        _add_box(drawing, place, box, graph)
    for (source, target), shapes in between.items():
        written = [_shape(shape) for shape in shapes[:_SHAPES]]
        if len(shapes) > _SHAPES:
            written.append(f"and {len(shapes) - _SHAPES} more")
        drawing.edge(f"n{source}", f"n{target}", label=literal(*(f" {text}" for text in written)))
    return Drawing(drawing)


def _readable(
    graph: Graph, most: int
) -> tuple[list[Box], dict[tuple[int, int], list[tuple[int, ...]]]]:
    """Boxes with their edges: fewer boxes where there would be a thicket between them."""
    while True:
        found = boxes(graph, most)
        between = edges(graph, found)
        if len(between) <= _EDGES_A_BOX * len(found) + 10 or most <= _FEWEST:
            return found, between
        most = max(_FEWEST, min(most, len(found)) * 3 // 4)


def _title(graph: Graph, found: list[Box], title: str) -> Any:
    operators = sum(node.operator not in (INPUT, OUTPUT) for node in graph.nodes)
    parameters = sum(node.parameters for node in graph.nodes)
    put = f", in {len(found)} boxes" if len(found) < len(graph.nodes) else ""
    facts = f"n = {operators:,} operators{put}; {parameters:,} parameters; shapes without batch"
    return head(title, facts)


def _add_box(drawing: Digraph, place: int, box: Box, graph: Graph) -> None:
    node = graph.nodes[box.span[0]]
    if box.size > 1:
        parameters = sum(n.parameters for n in graph.nodes[box.span[0] : box.span[1]])
        name = _name(box)
        lines = (name, contents(graph, box), _parameters(parameters))
        drawing.node(
            f"n{place}", literal(*lines), style="filled", fillcolor="#F3F4F6", peripheries="2",
            color=INK, tooltip=tip(name),
        )  # fmt: skip
    elif node.operator in (INPUT, OUTPUT):
        drawing.node(
            f"n{place}", literal(node.operator, _shape(node.shape)), shape="box", style="filled",
            fillcolor=INK, fontcolor="white", color=INK,
        )  # fmt: skip
    else:
        lines = (node.operator, _settings(node), _parameters(node.parameters))
        drawing.node(
            f"n{place}", literal(*lines), fillcolor=_colour(node.operator),
            tooltip=tip(node.module or "(network)"),
            color=QUIET,
        )  # fmt: skip


def _name(box: Box) -> str:
    if box.last:
        first, last = (box.module or "(network)").split("."), box.last.split(".")
        shared = 0
        while shared < min(len(first), len(last)) - 1 and first[shared] == last[shared]:
            shared += 1
        return f"{'.'.join(first)} ... {'.'.join(last[shared:])}"
    return box.module or f"operators {box.span[0] + 1} to {box.span[1]}"


def _colour(operator: str) -> str:
    return next(
        (colour for parts, colour in _KINDS if any(part in operator for part in parts)), "white"
    )


def _shape(shape: tuple[int, ...]) -> str:
    """`16 x 32 x 32`, without the batch axis; of a number alone nothing is left."""
    return _TIMES.join(map(str, shape[1:])) or "scalar"


def _parameters(number: int) -> str:
    return f"{number:,} parameters" if number else ""


def _settings(node: GraphNode) -> str:
    """`3 x 3, stride 2, groups 8`; what is said by default is not said."""
    found: list[str] = []
    for name in _SETTINGS:
        value = node.settings.get(name)
        if value is None:
            continue
        text = _value(value, square=name == "kernel")
        if name == "kernel":
            found.append(text if isinstance(value, tuple) else f"kernel {text}")
        elif text != _DEFAULTS.get(name):
            found.append(f"{name} {text}")
    return ", ".join(found)


def _value(value: object, *, square: bool) -> str:
    """A setting in few characters; of equal numbers one is enough unless it is a square."""
    if isinstance(value, tuple):
        items: tuple[Any, ...] = value
        shown = items if square or len(set(items)) > 1 else items[:1]
        return _TIMES.join(_value(item, square=square) for item in shown)
    if isinstance(value, int | float):
        return f"{value:g}"
    return str(value)
