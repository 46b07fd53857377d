"""How alike graphs are: which neighbourhoods of operators they share."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from catta.graphs import Graph, GraphNode

_ITERATIONS = 2
_TELLING = ("kernel", "stride", "dilation")
"""Settings that make another operator; how many channels there are does not."""


def neighbourhoods(graph: Graph) -> Counter[str]:
    """The multiset of a graph's neighbourhoods: of each node, and what it was made from.

    Weisfeiler and Lehman's labels: a node by itself, with what it reads, and with what these read.
    Nodes are told apart by operator, kernel, stride, dilation, and whether a convolution is
    grouped or depthwise.
    """
    found: Any = nx.DiGraph()
    for place, node in enumerate(graph.nodes):
        found.add_node(place, label=_label(node))
        # From a node to what it reads: labels take in what their edges point to.
        found.add_edges_from((place, source) for source in set(node.inputs))
    with warnings.catch_warnings():
        # It says that other versions give other hashes; these are compared within one process.
        warnings.simplefilter("ignore", UserWarning)
        hashes: Mapping[int, Sequence[str]] = nx.weisfeiler_lehman_subgraph_hashes(
            found, node_attr="label", iterations=_ITERATIONS
        )
    counts = Counter(f"0 {_label(node)}" for node in graph.nodes)
    for labels in hashes.values():
        counts.update(f"{depth} {label}" for depth, label in enumerate(labels, 1))
    return counts


class GraphLikeness:
    """Similarities to some graphs: the Jaccard similarity of multisets of neighbourhoods, 0..1.

    Args:
        graphs: What is compared with, by identity.

    Attributes:
        ids: The identities.
    """

    def __init__(self, graphs: Mapping[str, Graph]) -> None:
        self.ids = list(graphs)
        counted = [neighbourhoods(graph) for graph in graphs.values()]
        words = {label for counts in counted for label in counts}
        self._columns = {label: column for column, label in enumerate(sorted(words))}
        self._counts = np.zeros((len(counted), len(words)), dtype=np.int32)
        for row, counts in enumerate(counted):
            for label, count in counts.items():
                self._counts[row, self._columns[label]] = count
        self._totals = self._counts.sum(axis=1)

    def to(self, graph: Graph) -> NDArray[np.float64]:
        """Similarity of each of the graphs to another one, in the order of `ids`."""
        counts = neighbourhoods(graph)
        known = [label for label in counts if label in self._columns]
        columns = [self._columns[label] for label in known]
        own = np.array([counts[label] for label in known], dtype=np.int32)
        shared = np.minimum(self._counts[:, columns], own).sum(axis=1)
        together = self._totals + counts.total() - shared
        return np.divide(shared, together, out=np.zeros(len(shared)), where=together > 0)


def _label(node: GraphNode) -> str:
    told = [f"{name}={node.settings[name]}" for name in _TELLING if name in node.settings]
    groups = node.settings.get("groups", 1)
    if groups not in (1, None):
        told.append("depthwise" if groups == node.settings.get("channels") else "grouped")
    return " ".join([node.operator, *told])
