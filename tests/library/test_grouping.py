"""`catta.groups`: what stands side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from groups_corpus import SOURCES, fill

import catta
from catta.corpus import Corpus
from catta.corpus.published import Trial, TrialFile
from catta.errors import UsageError
from catta.novelty import jaccard, signature

CIFAR = {"one": 0.5, "near": 0.7, "half": 0.6, "far": 0.2, "no code": 0.9}
MNIST = {"one": 0.8, "far": 0.95}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    with Corpus.open(tmp_path_factory.mktemp("groups") / "c.sqlite") as opened:
        fill(opened, {"cifar-10": CIFAR, "mnist": MNIST})
        yield opened


def pairs(frame: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(frame["nn"], frame["nn_2"], strict=True))


def test_the_others_are_better_on_the_same_problem(corpus: Corpus) -> None:
    frame = catta.groups(corpus=corpus)
    assert set(frame["nn"] + " " + frame["dataset"]) == {
        "far cifar-10",
        "one cifar-10",
        "half cifar-10",
        "one mnist",
    }
    assert (frame["accuracy_2"] > frame["accuracy"]).all()
    assert (frame["dataset_2"] == frame["dataset"]).all()
    assert (frame["nn_2"] != frame["nn"]).all()
    assert list(frame["nn_code_2"]) == [SOURCES[name] for name in frame["nn_2"]]
    gain = frame["accuracy_2"] - frame["accuracy"]
    assert list(gain) == sorted(gain, reverse=True)


def test_columns(corpus: Corpus) -> None:
    columns = list(catta.data(corpus=corpus, max_rows=0).columns)
    others = [f"{name}_{place}" for place in (2, 3) for name in columns]
    frame = catta.groups(3, corpus=corpus)
    assert list(frame.columns) == [*columns, "matched_id", *others]
    assert list(frame["matched_id"]) == list(frame["id_2"])
    assert frame["prm_2"].iloc[0] == {"lr": 0.1, "transform": "norm"}
    assert list(catta.groups(3, dataset="mnist", corpus=corpus).columns) == list(frame.columns)


def test_three_networks_all_differ_and_the_best_comes_first(corpus: Corpus) -> None:
    frame = catta.groups(3, dataset="cifar-10", corpus=corpus)
    found = {row["nn"]: {row["nn_2"], row["nn_3"]} for row in frame.to_dict(orient="records")}
    assert set(found) == {"far", "one"}
    assert found["one"] == {"near", "half"}
    assert all(len({name, *others}) == 3 for name, others in found.items())
    assert (frame["accuracy_2"] > frame["accuracy_3"]).all()


def test_without_improvement_every_row_has_a_partner_and_improved_ones_come_first(
    corpus: Corpus,
) -> None:
    frame = catta.groups(improve=False, corpus=corpus)
    assert len(frame) == 6
    improved = list(frame["accuracy_2"] > frame["accuracy"])
    assert improved == sorted(improved, reverse=True)
    assert not all(improved)


def test_the_same_seed_gives_the_same_groups(corpus: Corpus) -> None:
    first = catta.groups(improve=False, corpus=corpus)
    pd.testing.assert_frame_equal(first, catta.groups(improve=False, corpus=corpus))
    others = [pairs(catta.groups(improve=False, seed=s, corpus=corpus)) for s in range(1, 6)]
    assert any(other != pairs(first) for other in others)


@pytest.mark.parametrize(("most", "expected"), [(0, 0), (2, 2), (100, 4)])
def test_max_rows(corpus: Corpus, most: int, expected: int) -> None:
    assert len(catta.groups(max_rows=most, corpus=corpus)) == expected


def test_rows_of_one_network_may_differ_in_something_else(corpus: Corpus) -> None:
    frame = catta.groups(same=("nn",), differ=("dataset",), corpus=corpus)
    assert pairs(frame) == [("far", "far"), ("one", "one")]
    assert list(frame["dataset_2"]) == ["mnist", "mnist"]
    several = catta.groups(same=(), differ=("nn", "dataset"), corpus=corpus)
    assert (several["nn"] != several["nn_2"]).all()
    assert (several["dataset"] != several["dataset_2"]).all()
    assert len(several) == 4


def test_an_anchor_begins_all_groups(corpus: Corpus) -> None:
    frame = catta.groups(anchor="one", corpus=corpus)
    assert pairs(frame) == [("one", "near"), ("one", "far"), ("one", "half")]
    assert list(frame["dataset"]) == ["cifar-10", "mnist", "cifar-10"]
    all_of_it = catta.groups(anchor="one", improve=False, dataset="cifar-10", corpus=corpus)
    assert pairs(all_of_it) == [("one", "near"), ("one", "half"), ("one", "far")]
    three = catta.groups(3, anchor="one", improve=False, dataset="cifar-10", corpus=corpus)
    assert list(three["nn_2"] + three["nn_3"]) == ["nearhalf"]


def test_a_band_around_an_anchor(corpus: Corpus) -> None:
    similarity = {
        name: jaccard(signature(SOURCES["one"]), signature(text)) for name, text in SOURCES.items()
    }
    assert similarity["near"] > 0.85 > 0.6 > similarity["half"] > 0.3 > similarity["far"]
    frame = catta.groups(anchor="one", improve=False, min_jaccard=0.85, corpus=corpus)
    assert pairs(frame) == [("one", "near")]
    assert list(frame["jaccard_2"]) == [similarity["near"]]
    near = catta.groups(anchor="one", improve=False, band="very_low_near", corpus=corpus)
    assert pairs(near) == [("one", "half")]
    far = catta.groups(anchor="one", improve=False, band="very_low_far", corpus=corpus)
    assert pairs(far) == [("one", "far"), ("one", "far")]
    edge = similarity["near"]
    excluded = catta.groups(anchor="one", max_jaccard=edge, dataset="cifar-10", corpus=corpus)
    assert pairs(excluded) == [("one", "half")]


def test_without_an_anchor_networks_are_anchors_in_turn(corpus: Corpus) -> None:
    frame = catta.groups(min_jaccard=0.85, corpus=corpus)
    assert pairs(frame) == [("one", "near")]
    both = catta.groups(min_jaccard=0.85, improve=False, corpus=corpus)
    assert pairs(both) == [("one", "near"), ("near", "one")]


def test_signatures_that_runs_know_are_used_and_none_is_added_to_them() -> None:
    with Corpus.open("sqlite://") as store:
        fill(store, {"cifar-10": CIFAR})
        assert len(catta.groups(anchor="one", max_jaccard=0.3, improve=False, corpus=store)) == 1
        assert store.networks.fingerprints() == []
        far = store.networks.get("far")
        one = store.networks.get("one")
        assert far is not None
        assert one is not None
        store.networks.add_fingerprints([(i, b"\1" * 1_024, None) for i in (far.id, one.id)])
        frame = catta.groups(anchor="one", min_jaccard=1.0, improve=False, corpus=store)
        assert pairs(frame) == [("one", "far")]


def test_an_empty_answer_says_which_similarities_there_are(corpus: Corpus) -> None:
    frame = catta.groups(anchor="one", band="low", dataset="cifar-10", corpus=corpus)
    assert frame.attrs["note"] == (
        "one: no network has a similarity of 0.6 to 0.85 (band low); there are some in "
        "high (1 network), very_low_near (1 network), very_low_far (1 network)"
    )
    worse = catta.groups(anchor="near", min_jaccard=0.85, dataset="cifar-10", corpus=corpus)
    assert worse.attrs["note"].startswith("near: there are networks with a similarity of 0.85 to 1")
    assert worse.attrs["note"].endswith("better ones; try improve=False, or fewer columns")
    tried = catta.groups(band="low", dataset="cifar-10", corpus=corpus)
    assert tried.attrs["note"] == (
        "the networks that were tried: no network has a similarity of 0.6 to 0.85 (band low); "
        "there are some in high (2 anchors), very_low_near (3 anchors), very_low_far (4 anchors)"
    )
    alone = catta.groups(anchor="one", band="low", dataset="cifar-10", nn=("one",), corpus=corpus)
    assert "no other network to compare with" in alone.attrs["note"]
    assert catta.groups(anchor="one", min_jaccard=0.85, corpus=corpus).attrs == {}


def test_an_empty_neighbourhood_says_so_too(corpus: Corpus) -> None:
    conf = catta.JoinConf(
        2, similarity_mode="anchor_band_db_minhash", anchor_nn="one", similarity_band="low"
    )
    frame = catta.data(dataset="cifar-10", sql=conf, corpus=corpus)
    assert frame.empty
    assert "there are some in high" in frame.attrs["note"]


def test_a_network_stands_with_its_best_row_beside_an_anchor() -> None:
    with Corpus.open("sqlite://") as store:
        fill(store, {"cifar-10": CIFAR})
        worse = TrialFile(
            task="img-classification",
            dataset="cifar-10",
            metric="acc",
            name="one",
            epoch=2,
            trials=[Trial("u", "norm", b"{}", 0.1, 10)],
        )
        store.trials.add(store.trials.begin_import("other", "10"), [worse], {})
        frame = catta.groups(anchor="one", corpus=store)
        assert set(frame["accuracy"]) == {0.5}


@pytest.mark.parametrize(
    "arguments",
    [
        {"n": 1},
        {"max_rows": -1},
        {"same": ("colour",)},
        {"differ": ("prm",)},
        {"differ": "nn"},
        {"anchor": "missing"},
        {"anchor": "half", "dataset": "mnist"},
        {"band": "enormous"},
        {"band": "high", "min_jaccard": 0.5},
        {"min_jaccard": 0.8, "max_jaccard": 0.2},
        {"max_jaccard": 1.5},
    ],
)
def test_arguments_that_make_no_sense(corpus: Corpus, arguments: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        catta.groups(corpus=corpus, **arguments)


def test_an_empty_corpus_has_no_groups() -> None:
    with Corpus.open("sqlite://") as store:
        assert len(catta.groups(corpus=store)) == 0
        assert len(catta.groups(band="high", corpus=store)) == 0
