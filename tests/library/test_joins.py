"""`catta.data(sql=JoinConf(...))`, as code written for LEMUR calls it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from groups_corpus import TASK, fill

import catta
from catta import JoinConf
from catta.corpus import Corpus
from catta.errors import UsageError

CIFAR = {"one": 0.5, "near": 0.7, "half": 0.6, "far": 0.2, "no code": 0.9}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    with Corpus.open(tmp_path_factory.mktemp("joins") / "c.sqlite") as opened:
        fill(opened, {"cifar-10": CIFAR, "mnist": {"one": 0.8, "far": 0.95}})
        yield opened


def data(corpus: Corpus, conf: JoinConf | None, **arguments: Any) -> pd.DataFrame:
    return catta.data(sql=conf, corpus=corpus, **arguments)


def around(**arguments: Any) -> JoinConf:
    return JoinConf(similarity_mode="anchor_band_db_minhash", **arguments)


def test_pairs(corpus: Corpus) -> None:
    conf = JoinConf(
        num_joint_nns=2,
        same_columns=("task", "dataset", "metric", "epoch"),
        diff_columns=("nn",),
        enhance_nn=True,
    )
    frame = data(corpus, conf, task=TASK)
    assert {"nn_2", "nn_code_2", "accuracy_2", "prm_2", "matched_id"} <= set(frame.columns)
    assert len(frame) == 4
    assert (frame["accuracy_2"] > frame["accuracy"]).all()
    assert len(data(corpus, conf, max_rows=1)) == 1


def test_without_columns_the_best_networks_come_a_row_each(corpus: Corpus) -> None:
    frame = data(corpus, JoinConf(2, dataset="cifar-10"))
    assert list(frame["nn"]) == ["no code", "near"]
    assert list(data(corpus, JoinConf(3, dataset="cifar-10"), max_rows=1)["nn"]) == ["no code"]
    assert len(data(corpus, JoinConf(1))) == 7


def test_around_an_anchor(corpus: Corpus) -> None:
    frame = data(corpus, around(num_joint_nns=2, anchor_nn="one", dataset="cifar-10"))
    assert list(frame["nn"]) == ["near", "half", "far"]
    assert set(frame["anchor_nn"]) == {"one"}
    assert frame["anchor_jaccard"].is_monotonic_decreasing
    near = around(num_joint_nns=1, anchor_nn="one", min_arch_jaccard=0.85)
    assert list(data(corpus, near)["nn"]) == ["near"]
    few = around(num_joint_nns=1, anchor_nn="one", overfetch_factor=1)
    assert len(data(corpus, few, dataset="cifar-10")) == 1


def test_an_anchor_is_found(corpus: Corpus) -> None:
    frame = data(corpus, around(num_joint_nns=1, min_arch_jaccard=0.85, dataset="cifar-10"))
    assert (list(frame["nn"]), set(frame["anchor_nn"])) == (["one"], {"near"})
    with pytest.raises(UsageError, match="neighbours"):
        data(corpus, around(num_joint_nns=3, similarity_band="very_high"))


@pytest.mark.parametrize(
    ("conf", "arguments"),
    [
        (JoinConf(0), {}),
        (JoinConf(2, similarity_mode="magic"), {}),
        (JoinConf(2, overfetch_factor=0), {}),
        (JoinConf(2, same_columns=("colour",)), {}),
        (JoinConf(2, dataset="mnist"), {"dataset": "cifar-10"}),
        (JoinConf(2), {"as_": "arrow"}),
        (around(num_joint_nns=1, similarity_band="enormous"), {}),
    ],
)
def test_what_makes_no_sense(corpus: Corpus, conf: JoinConf, arguments: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        data(corpus, conf, **arguments)


def test_without_it_nothing_changes(corpus: Corpus) -> None:
    plain = data(corpus, None)
    assert len(plain) == 7
    assert list(plain["nn"])[:2] == ["one", "near"]
