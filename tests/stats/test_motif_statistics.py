"""Frequencies of motifs, pairs that are new, nearest seeds."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

import pytest
from run_corpus import GRAPHS, RUN, SOURCES, TASK, candidate, chain, failed, fill
from scipy.stats import binomtest

from catta import stats
from catta.corpus import Corpus
from catta.graphs import Graph, GraphNode
from catta.novelty import identity_text, signature
from catta.records import Outcome, Stage
from catta.stats.graph_likeness import GraphLikeness, neighbourhoods


@pytest.fixture
def corpus() -> Iterator[Corpus]:
    with Corpus.open("sqlite://") as store:
        fill(store)
        yield store


def test_how_many_networks_have_a_motif(corpus: Corpus) -> None:
    rows = stats.motifs(corpus).set_index("motif")
    assert rows["networks"].to_dict() == {
        "linear layer": 2,
        "dropout": 1,
        "batch norm": 2,
        "relu": 4,
        "sigmoid": 2,
    }
    assert set(rows["of"]) == {5}
    assert rows.loc["relu", "share"] == 0.8
    interval = binomtest(4, 5).proportion_ci(method="wilson")
    assert (rows.loc["relu", "low"], rows.loc["relu", "high"]) == pytest.approx(tuple(interval))
    assert rows.index.tolist()[-2:] == ["relu", "sigmoid"]  # activations come last
    assert rows.loc["relu", "kind"] == "activation"


def test_only_some_networks_or_a_task(corpus: Corpus) -> None:
    rows = stats.motifs(corpus, names=["name of n1:two", "n1:two", "n1:large"])
    assert dict(zip(rows["motif"], rows["of"], strict=True)) == {"dropout": 1, "relu": 1}
    assert stats.motifs(corpus, task="txt-generation").empty
    corpus.graphs.save({("n1:two", "img-segmentation"): chain("relu", "relu")})
    (row,) = stats.motifs(corpus, task="img-segmentation").to_dict(orient="records")
    assert (row["motif"], row["times"]) == ("relu", 2)


def test_motifs_of_seeds_and_cycles(corpus: Corpus) -> None:
    rows = stats.motif_cycles(RUN, corpus)
    relu = rows[rows["motif"] == "relu"]
    groups = [
        (
            row["group"],
            None if math.isnan(row["cycle"]) else row["cycle"],
            row["networks"],
            row["of"],
        )
        for row in relu.to_dict(orient="records")
    ]
    assert groups == [
        ("seeds", None, 1, 2),
        ("cycle", 1, 2, 2),
        ("cycle", 2, 1, 1),
        ("admitted", None, 2, 2),
    ]
    assert Counter(rows["motif"])["dropout"] == 4
    dropout = rows[(rows["motif"] == "dropout") & (rows["group"] == "seeds")].iloc[0]
    assert (dropout["networks"], dropout["share"]) == (0, 0)
    assert math.isnan(dropout["times"])


def test_pairs_that_no_seed_has(corpus: Corpus) -> None:
    rows = stats.novel_pairs(RUN, corpus)
    found = {(row["first"], row["second"]): row for row in rows.to_dict(orient="records")}
    assert set(found) == {("dropout", "relu"), ("relu", "sigmoid"), ("batch norm", "relu")}
    pair = found["relu", "sigmoid"]
    assert (pair["networks"], pair["of"], pair["admitted"], pair["cycle"]) == (1, 3, 1, 2)
    assert (pair["best"], pair["example"]) == (0.9, "n1:three")
    assert (pair["first_kind"], found["dropout", "relu"]["first_kind"]) == ("activation", "layer")
    assert found["dropout", "relu"]["admitted"] == 0


def test_without_graphs_of_seeds_nothing_is_called_new() -> None:
    with Corpus.open("sqlite://") as store:
        fill(store, graphs={"n1:two": GRAPHS["n1:two"]})
        assert stats.novel_pairs(RUN, store).empty
        rows = stats.motif_cycles(RUN, store)
        assert set(rows["group"]) == {"cycle"}


def test_a_network_that_does_not_build_is_in_no_group() -> None:
    broken = candidate(
        1, 0, network_id="n1:two", source="x", verdict=failed(Outcome.INVALID, Stage.BUILD)
    )
    with Corpus.open("sqlite://") as store:
        fill(store, candidates=[broken])
        assert set(stats.motif_cycles(RUN, store)["group"]) == {"seeds"}


def test_the_nearest_seeds(corpus: Corpus) -> None:
    rows = stats.nearest(RUN, corpus)
    assert rows["network"].tolist() == ["n1:one", "n1:three", "n1:four"]
    one, three, four = rows.to_dict(orient="records")
    alike = float((signature(SOURCES["n1:one"]) == signature(SOURCES["n1:seed-a"])).mean())
    assert (one["seed"], one["seed_name"]) == ("n1:seed-a", "name of n1:seed-a")
    assert one["jaccard"] == pytest.approx(alike)
    assert (one["graph_seed"], one["graph_jaccard"]) == ("n1:seed-a", 1.0)  # widths do not count
    assert (three["seed"], three["graph_seed"]) == ("n1:seed-b", "n1:seed-b")
    assert 0 < three["graph_jaccard"] < 1
    assert four["seed"] is None  # its text does not parse
    assert four["graph_seed"] is None


def test_the_difference_is_of_canonical_texts(corpus: Corpus) -> None:
    text = stats.nearest(RUN, corpus)["diff"][0]
    assert text.splitlines()[:2] == ["--- name of n1:seed-a", "+++ calm-lemur/1/0"]
    changed = [line for line in text.splitlines()[2:] if line[0] in "+-"]
    assert len(changed) == 2
    assert ("nn.Linear(8, 10)" in changed[0], "nn.Linear(8, 20)" in changed[1]) == (True, True)
    spelled = SOURCES["n1:one"].replace("in_shape", "shape")
    assert stats.text_difference(spelled, SOURCES["n1:one"], ("a", "b")) == ""
    assert identity_text(spelled) != spelled


def test_neighbourhoods_tell_kernels_but_not_widths() -> None:
    def one(kernel: int, width: int, groups: int = 1) -> Graph:
        settings = {"kernel": (kernel, kernel), "groups": groups, "channels": 8}
        convolution = GraphNode("conv2d", (0,), (3, width), settings=settings)
        return Graph((GraphNode("input"), convolution, GraphNode("output", (1,))))

    assert neighbourhoods(one(3, 8)) == neighbourhoods(one(3, 16))
    likeness = GraphLikeness({"a": one(3, 8), "b": one(5, 8), "c": one(3, 8, 8), "d": one(3, 8, 2)})
    found = likeness.to(one(3, 8))
    assert found[0] == 1
    assert all(0 < value < 1 for value in found[1:])
    assert GraphLikeness({}).to(one(3, 8)).size == 0


def test_the_direction_of_edges_matters() -> None:
    before = chain("relu", "conv2d", "sigmoid")
    after = chain("sigmoid", "conv2d", "relu")
    assert GraphLikeness({"x": before}).to(after)[0] < 1


def test_similarity_is_the_jaccard_index_of_multisets() -> None:
    a, b = chain("relu", "relu", "linear"), chain("relu", "linear", "linear")
    left, right = neighbourhoods(a), neighbourhoods(b)
    expected = (left & right).total() / (left | right).total()
    assert GraphLikeness({"a": a}).to(b)[0] == pytest.approx(expected)


def test_a_stored_graph_of_the_task_of_the_run_is_used(corpus: Corpus) -> None:
    corpus.graphs.save({("n1:two", "img-captioning"): chain("gelu")})
    assert "gelu" not in set(stats.motif_cycles(RUN, corpus)["motif"])
    assert corpus.graphs.get("n1:two", TASK) == GRAPHS["n1:two"]
