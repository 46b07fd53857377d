"""Drawings by Graphviz: what is drawn, taken literally, and readable however large the graph."""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ET
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest

pytest.importorskip("graphviz")

from catta import plots
from catta.errors import CattaError, UsageError
from catta.graphs import Graph, GraphNode
from catta.plots.collapsing import boxes, contents, edges
from catta.plots.dot import Drawing

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")

NASTY = 'a"b\\N\\l<b>&amp; {x|y} $z$ \x07 \u2603'


def small(module: str = "stem") -> Graph:
    """A residual block: input, conv, relu, add of both, output."""
    image = (2, 3, 8, 8)
    return Graph(
        (
            GraphNode("input", (), image),
            GraphNode("conv2d", (0,), image, module, 84, {"kernel": (3, 3), "stride": (1, 1)}),
            GraphNode("relu", (1,), image, module),
            GraphNode("add", (2, 0), image),
            GraphNode("output", (3,), image),
        )
    )


def chain(blocks: int, size: int = 5, nested: bool = True) -> Graph:
    """Blocks of operators one behind the other, each with a connection around it."""
    nodes = [GraphNode("input", (), (1, 4))]
    for block in range(blocks):
        module = f"body.{block}" if nested else ""
        start = len(nodes) - 1
        for place in range(size):
            inner = f"{module}.layer{place}" if nested else ""
            nodes.append(GraphNode("linear", (len(nodes) - 1,), (1, 4), inner, 20))
        nodes.append(GraphNode("add", (len(nodes) - 1, start), (1, 4), module))
    nodes.append(GraphNode("output", (len(nodes) - 1,), (1, 4)))
    return Graph(tuple(nodes))


def dense(layers: int) -> Graph:
    """Every layer reads all the ones before it."""
    nodes = [GraphNode("input", (), (1, 4))]
    for layer in range(layers):
        nodes.append(GraphNode("cat", tuple(range(len(nodes))), (1, 4), f"net.layer{layer}"))
    nodes.append(GraphNode("output", (len(nodes) - 1,), (1, 4)))
    return Graph(tuple(nodes))


def written(drawing: Drawing) -> list[str]:
    root = ET.fromstring(drawing.render("svg"))  # noqa: S314 - of our own making
    return ["".join(e.itertext()).strip() for e in root.iter() if e.tag.endswith("}text")]


def drawn(drawing: Drawing, kind: str) -> int:
    root = ET.fromstring(drawing.render("svg"))  # noqa: S314 - of our own making
    return sum(element.get("class") == kind for element in root.iter())


@needs_dot
def test_a_small_graph_is_drawn_whole() -> None:
    drawing = plots.network_graph(small(), title="ResNet")
    assert drawn(drawing, "node") == 5
    assert drawn(drawing, "edge") == 5
    texts = written(drawing)
    assert {"ResNet", "input", "conv2d", "relu", "add", "output", "84 parameters"} <= set(texts)
    assert (
        texts.count("3\N{MULTIPLICATION SIGN}8\N{MULTIPLICATION SIGN}8") == 5 + 2
    )  # on the edges, and of input and output themselves
    assert "n = 3 operators; 84 parameters; shapes without batch" in texts


@needs_dot
@pytest.mark.parametrize("form", ["svg", "png", "pdf"])
def test_texts_are_taken_literally(form: str) -> None:
    graph = chain(30)
    nodes = [GraphNode(n.operator, n.inputs, n.shape, f"{NASTY}.{n.module}") for n in graph.nodes]
    drawing = plots.network_graph(Graph(tuple(nodes)), title=NASTY, most=8)
    assert drawing.render(form)
    if form == "svg":
        shown = 'a"b\\N\\l<b>&amp; {x|y} $z$ \ufffd \u2603'
        assert shown in written(drawing)
        assert drawn(drawing, "node") <= 8


@needs_dot
def test_five_hundred_nodes_stay_readable() -> None:
    graph = chain(80)
    assert len(graph.nodes) > 480
    drawing = plots.network_graph(graph)
    assert 10 <= drawn(drawing, "node") <= 50
    assert any("operators" in text and "linear" in text for text in written(drawing))


@needs_dot
def test_a_thicket_is_put_together_until_edges_can_be_followed() -> None:
    drawing = plots.network_graph(dense(120))
    assert drawn(drawing, "edge") <= 2 * drawn(drawing, "node") + 10
    assert drawn(drawing, "node") >= 5


@pytest.mark.parametrize("most", [5, 20, 50, 1_000])
@pytest.mark.parametrize(
    "graph",
    [small(), chain(40), chain(40, nested=False), chain(3, 90), dense(60)],
    ids=["small", "nested", "flat", "wide", "dense"],
)
def test_boxes_divide_the_order_of_execution(graph: Graph, most: int) -> None:
    found = boxes(graph, most)
    assert len(found) <= most
    spans = [box.span for box in found]
    assert spans[0][0] == 0
    assert spans[-1][1] == len(graph.nodes)
    assert all(one[1] == other[0] for one, other in pairwise(spans))
    assert all(source < target for source, target in edges(graph, found))
    if most >= len(graph.nodes):
        assert all(box.size == 1 for box in found)


def test_input_and_output_are_boxes_of_their_own() -> None:
    found = boxes(chain(40), 20)
    assert found[0].size == found[-1].size == 1


def test_what_is_alike_is_put_together_alike() -> None:
    found = boxes(chain(10, 4), 30)
    sizes = [box.size for box in found[1:-1]]
    assert sizes == [5] * 10
    assert [box.module for box in found[1:3]] == ["body.0", "body.1"]
    assert contents(chain(10, 4), found[1]) == "5 operators: 4 linear, 1 add"


def test_between_boxes_each_shape_is_named_once() -> None:
    graph = small()
    found = boxes(graph, 1_000)
    assert edges(graph, found)[0, 3] == [(2, 3, 8, 8)]


def test_a_graph_that_cannot_be_drawn() -> None:
    with pytest.raises(UsageError, match="no nodes"):
        plots.network_graph(Graph(()))
    with pytest.raises(UsageError, match="at least 5"):
        plots.network_graph(small(), most=2)


def test_without_dot_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UsageError, match=r"dot of Graphviz is not installed.*apt-get install"):
        plots.network_graph(small()).render("svg")


@needs_dot
def test_what_dot_says_is_passed_on() -> None:
    class Broken:
        source = "digraph {"

    broken: Any = Broken()
    with pytest.raises(CattaError, match="dot failed"):
        Drawing(broken).render("svg")


def run() -> pd.DataFrame:
    """Two seeds; a, b of cycle 1; c made from a in cycle 2; d like b; e like nobody."""
    columns = ["network", "parent", "nearest", "jaccard", "cycle", "index", "accuracy", "admitted"]
    rows = [
        ("a", "seed-1", "seed-1", 0.9, 1, 0, 0.5, True),
        ("b", None, "seed-2", 0.4, 1, 1, 0.6, False),
        ("c", "a", "b", 0.7, 2, 0, 0.8, True),
        ("d", None, "b", 0.6, 2, 1, 0.7, True),
        ("e", None, None, None, 2, 2, None, False),
        (None, None, None, None, 2, 3, None, False),
    ]
    return pd.DataFrame(rows, columns=columns)


def arrows(drawing: Drawing) -> set[tuple[str, str, bool]]:
    """Edges that are seen: from, to, and whether dashed."""
    found: set[tuple[str, str, bool]] = set()
    for source, target, words in re.findall(
        r"^\s*x(\w+) -> x(\w+)(.*)$", drawing.source, re.MULTILINE
    ):
        if "invis" not in words:
            names = (bytes.fromhex(name).decode() for name in (source, target))
            found.add((*names, "dashed" in words))  # type: ignore[arg-type]
    return found


def test_lineage_has_parents_and_else_the_nearest() -> None:
    assert arrows(plots.lineage(run())) == {
        ("seed-1", "a", False),
        ("seed-2", "b", True),
        ("a", "c", False),
        ("b", "d", True),
    }


@needs_dot
def test_lineage_says_what_it_shows() -> None:
    drawing = plots.lineage(run(), names={"seed-1": "<b>Alex & Co</b>"}, title="Run r")
    texts = written(drawing)
    assert {"Run r", "<b>Alex & Co</b>", "seeds", "cycle 1", "cycle 2", "2/0, 0.800"} <= set(texts)
    assert any(text.startswith("n = 4 of 5 networks") for text in texts)


def test_lineage_of_one_network_is_its_ancestors_and_heirs() -> None:
    assert arrows(plots.lineage(run(), of="b")) == {("seed-2", "b", True), ("b", "d", True)}
    with pytest.raises(UsageError, match="no network x"):
        plots.lineage(run(), of="x")


def test_lineage_of_many_keeps_the_best_with_their_ancestors() -> None:
    assert arrows(plots.lineage(run(), most=2)) == {("seed-1", "a", False), ("a", "c", False)}


@needs_dot
def test_lineage_of_a_run_that_has_nothing_yet() -> None:
    drawing = plots.lineage(run().iloc[:0])
    assert any(text.startswith("n = 0 of 0 networks") for text in written(drawing))


@needs_dot
def test_lineage_within_one_cycle_or_in_a_circle_is_drawn() -> None:
    frame = run()
    frame["cycle"] = 1
    frame.loc[0, "parent"] = "c"
    drawing = plots.lineage(frame)
    assert ("c", "a", False) in arrows(drawing)
    assert drawn(drawing, "node") >= 4


def test_lineage_needs_its_columns() -> None:
    with pytest.raises(UsageError, match="no column parent"):
        plots.lineage(run().drop(columns="parent"))
