"""The record of a traced graph, and what is no such record."""

from __future__ import annotations

import json

import pytest

from catta.graphs import MAX_EDGES, MAX_NODES, Graph, GraphNode

_GRAPH = Graph(
    (
        GraphNode("input", shape=(3, 3, 32, 32)),
        GraphNode("conv2d", (0,), (3, 8, 32, 32), "stem.0", 216, {"kernel": (3, 3), "groups": 1}),
        GraphNode("dropout", (1,), (3, 8, 32, 32), "stem.1", 0, {"p": 0.5, "training": True}),
        GraphNode("add", (2, 1), (3, 8, 32, 32)),
        GraphNode("output", (3,), (3, 8, 32, 32)),
    )
)


def _row(**changes: object) -> str:
    row = {"op": "relu", "in": [0], "shape": [1], "module": "", "count": 0, "set": {}} | changes
    rows = [["input", [], [1], "", 0, {}], list(row.values())]
    return json.dumps({"version": 1, "nodes": rows})


def test_a_graph_survives_its_text() -> None:
    assert Graph.from_json(_GRAPH.to_json()) == _GRAPH
    assert Graph.from_json(_GRAPH.to_json().encode()) == _GRAPH
    assert Graph.from_json(Graph(()).to_json()) == Graph(())


def test_followers_are_the_edges_the_other_way_round() -> None:
    assert _GRAPH.followers() == ((1,), (2, 3), (3,), (4,), ())


def test_a_node_that_reads_another_twice_follows_it_once() -> None:
    squared = Graph((GraphNode("input"), GraphNode("mul", (0, 0))))
    assert squared.followers() == ((1,), ())


def test_the_row_of_the_following_tests_is_good() -> None:
    assert Graph.from_json(_row()).nodes[1].operator == "relu"


@pytest.mark.parametrize(
    "changes",
    [
        {"op": ""},
        {"op": "<script>"},
        {"op": "x" * 101},
        {"op": 3},
        {"in": [1]},
        {"in": [-1]},
        {"in": [0.0]},
        {"in": [True]},
        {"in": 0},
        {"shape": [2**53]},
        {"shape": ["3"]},
        {"module": "m" * 301},
        {"module": None},
        {"count": -1},
        {"count": None},
        {"set": []},
        {"set": {"a b": 1}},
        {"set": {"kernel": [3] * 17}},
        {"set": {"kernel": {"a": 1}}},
        {"set": {"kernel": None}},
        {"set": {"p": float("inf")}},
        {"set": {"p": float("nan")}},
        {"set": {"p": 2**60}},
        {"set": {"mode": "<b>"}},
        {"set": {f"a{number}": 1 for number in range(17)}},
        {"more": 1},
    ],
)
def test_a_node_that_is_none_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="graph"):
        Graph.from_json(_row(**changes))


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "[]", "{}", '{"version":1}', '{"version":2,"nodes":[]}', "[" * 100_000],
)
def test_a_text_that_is_no_graph_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"graph|JSON|line 1"):
        Graph.from_json(text)


def test_graphs_have_largest_sizes() -> None:
    many = Graph((GraphNode("input"),) * (MAX_NODES + 1))
    with pytest.raises(ValueError, match="nodes"):
        Graph.from_json(many.to_json())
    dense = Graph((GraphNode("input"), GraphNode("cat", (0,) * (MAX_EDGES + 1))))
    with pytest.raises(ValueError, match="edges"):
        Graph.from_json(dense.to_json())
