"""A graph as motifs are looked for in it: who comes from whom, and what lies between."""

from __future__ import annotations

from collections.abc import Iterable, Set

from catta.graphs import INPUT, Graph, GraphNode
from catta.stats.motif_operators import NEUTRAL, POOLS, REDUCTIONS

_LONGEST = 500
"""Nodes of a branch: with graphs made for that, looking at all would take hours."""


class View:
    """A graph with its ancestors.

    Args:
        graph: What is looked at.

    Attributes:
        nodes: Its nodes.
        sources: For each node the nodes that it reads and that depend on the network's input,
            each once; weights that were changed and constants are left out.
    """

    def __init__(self, graph: Graph) -> None:
        self.nodes = graph.nodes
        self.sources: list[tuple[int, ...]] = []
        # A bit for each node, itself included: a graph has thousands at most.
        self._ancestors: list[int] = []
        for place, node in enumerate(self.nodes):
            live = tuple(dict.fromkeys(p for p in node.inputs if self._ancestors[p]))
            ancestors = 1 << place if live or node.operator == INPUT else 0
            for source in live:
                ancestors |= self._ancestors[source]
            self.sources.append(live)
            self._ancestors.append(ancestors)

    def operators(self, places: Iterable[int]) -> Set[str]:
        """What there is at some places."""
        return {self.nodes[place].operator for place in places}

    def leads(self, source: int, place: int) -> bool:
        """Whether one node comes from another, or is it."""
        return bool(self._ancestors[place] >> source & 1)

    def fork(self, places: Iterable[int]) -> int | None:
        """The last node that all of them come from; it may be one of them."""
        common = -1
        for place in places:
            common &= self._ancestors[place]
        return common.bit_length() - 1 if common > 0 else None

    def between(self, fork: int, place: int) -> set[int]:
        """The nodes on the ways from one node to another, the latter included.

        Of a branch of more than `_LONGEST` nodes those that are nearest to its end.
        """
        found: set[int] = set()
        waiting = [place] if self.leads(fork, place) else []
        while waiting and len(found) < _LONGEST:
            here = waiting.pop()
            if here == fork or here in found:
                continue
            found.add(here)
            waiting += [p for p in self.sources[here] if self.leads(fork, p)]
        return found

    def skipped(self, place: int, operators: Set[str] = NEUTRAL) -> int:
        """The node before those of some kinds that read one node each."""
        while self.nodes[place].operator in operators and len(self.sources[place]) == 1:
            place = self.sources[place][0]
        return place

    def before(self, place: int, light: Set[str]) -> set[int]:
        """The first nodes, going back from the inputs of one, that are not of some kinds."""
        found, seen = set[int](), set[int]()
        waiting = list(self.sources[place])
        while waiting:
            here = waiting.pop()
            if here in seen:
                continue
            seen.add(here)
            if self.nodes[here].operator in light:
                waiting += self.sources[here]
            else:
                found.add(here)
        return found

    def is_global_pool(self, place: int) -> bool:
        """Whether all places of a map, or all steps of a sequence, become one."""
        node = self.nodes[place]
        if (node.operator not in POOLS and node.operator not in REDUCTIONS) or not node.shape:
            return False
        if not self.sources[place]:
            return False
        before = self.nodes[self.sources[place][0]]
        return is_vector(node) and not is_vector(before) and node.shape[0] == before.shape[0]


def is_vector(node: GraphNode) -> bool:
    """Whether it holds one number a channel."""
    return sum(size > 1 for size in node.shape[1:]) <= 1
