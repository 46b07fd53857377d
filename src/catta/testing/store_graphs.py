"""What every store must do with traced graphs; a part of `StoreContract`."""

# ruff: noqa: D102 - the names of the tests are the sentences

from __future__ import annotations

from catta.corpus import Corpus
from catta.corpus.removal import remove_networks
from catta.errors import CorpusError
from catta.graphs import Graph, GraphNode
from catta.testing.store_records import make_network, refused

_TASK, _OTHER = "img-classification", "img-segmentation"


class GraphsContract:
    """Traced graphs of networks."""

    def test_a_graph_comes_back_as_it_was(self, corpus: Corpus) -> None:
        one, two = make_network(1), make_network(2)
        corpus.networks.add([one, two])
        corpus.graphs.save({(one.id, _OTHER): make_graph(1), (one.id, _TASK): make_graph(2)})
        assert corpus.graphs.get(one.id) == make_graph(2)
        assert corpus.graphs.get(one.id, _OTHER) == make_graph(1)
        assert corpus.graphs.get(one.id, "txt-generation") is None
        assert corpus.graphs.get(two.id) is None
        assert corpus.graphs.count() == 2

    def test_a_later_graph_takes_the_place_of_an_earlier_one(self, corpus: Corpus) -> None:
        corpus.networks.add([make_network(1)])
        key = (make_network(1).id, _TASK)
        for width in (1, 2):
            corpus.graphs.save({key: make_graph(width)})
        assert corpus.graphs.get(key[0]) == make_graph(2)
        assert corpus.graphs.count() == 1

    def test_a_graph_too_large_is_known_to_be(self, corpus: Corpus) -> None:
        corpus.networks.add([make_network(1)])
        key = (make_network(1).id, _TASK)
        corpus.graphs.save({key: None})
        assert corpus.graphs.get(key[0]) is None
        assert corpus.graphs.known() == {key}
        assert corpus.graphs.count() == 0

    def test_graphs_come_in_the_order_asked_for(self, corpus: Corpus) -> None:
        networks = [make_network(n) for n in range(1, 1_203)]
        corpus.networks.add(networks)
        ids = [network.id for network in networks]
        corpus.graphs.save({(key, _TASK): make_graph(n) for n, key in enumerate(ids[:-1])})
        found = list(corpus.graphs.of([*reversed(ids), ids[0]], _TASK))
        assert [key for key, _ in found] == list(reversed(ids[:-1]))
        assert dict(found)[ids[700]] == make_graph(700)
        assert [key for key, _ in corpus.graphs.of()] == ids[:-1]
        assert list(corpus.graphs.of([])) == []

    def test_graphs_need_their_networks_and_go_with_them(self, corpus: Corpus) -> None:
        known, unknown = make_network(1), make_network(2)
        corpus.networks.add([known])
        both = {(known.id, _TASK): make_graph(1), (unknown.id, _TASK): make_graph(1)}
        assert refused(CorpusError, lambda: corpus.graphs.save(both))
        assert corpus.graphs.count() == 0
        corpus.graphs.save({(known.id, _TASK): make_graph(1)})
        remove_networks(corpus, [known.id])
        assert corpus.graphs.known() == set()


def make_graph(width: int) -> Graph:
    """A graph of its own for each width."""
    return Graph(
        (
            GraphNode("input", shape=(3, 8)),
            GraphNode("linear", (0,), (3, width), "head", 8 * width),
            GraphNode("output", (1,), (3, width)),
        )
    )
